import { SeededRandom } from '@vigil/testkit'
import { runMode } from '../../interop/modes/mode-run.ts'
import { ModeWorld } from '../../interop/modes/mode-world.ts'
import { havePeers } from '../../interop/peers/find-peer.ts'
import { startTestPlatform } from '../../world/test-platform.ts'
import type { Mode, ModesOptions } from '../command-line.ts'
import { progress } from '../run/progress.ts'
import { type RunScope, withScope } from '../run/run-scope.ts'
import { brokenRules, type ModeReport, reportOf } from './report.ts'

/** Somebody who is not woken by then will not be; the app wakes within a fraction of it. */
const WAKE_SECONDS = '5'
const PROGRESS_EVERY = 10

/**
 * An app goes back and forth under constant calls, mode by mode. What must not happen in a mode and did is told on standard
 * error, and fails the run.
 */
export async function benchModes(options: ModesOptions): Promise<void> {
	if (!havePeers('kamailio', 'sipp', 'baresip')) throw new Error('infra/peers/install.sh installs what is missing')
	progress(
		`${options.transitions} times back and forth, ${options.callsPerSecond} calls a second, seed ${options.seed}`,
	)
	const reports = new Map<Mode, ModeReport>()
	for (const mode of options.modes) {
		await withScope(async (scope) => {
			reports.set(mode, await benchMode(scope, mode, options))
		})
	}
	process.stdout.write(`${options.json ? JSON.stringify(Object.fromEntries(reports)) : table(reports)}\n`)
	const broken = [...reports].flatMap(([mode, report]) => brokenRules(mode, report, options.swaps))
	for (const rule of broken) process.stderr.write(`${rule}\n`)
	if (broken.length > 0) process.exitCode = 1
}

async function benchMode(scope: RunScope, mode: Mode, options: ModesOptions): Promise<ModeReport> {
	const platform = await startTestPlatform({ VIGIL_WAKE_SECONDS: WAKE_SECONDS })
	scope.defer(() => platform.close())
	const world = await ModeWorld.start({ mode, platform, swaps: mode === 1 && options.swaps })
	scope.defer(() => world.close())
	progress(`mode ${mode}`)
	const { transitions, callsPerSecond, seed } = options
	const figures = await runMode(world, {
		transitions,
		callsPerSecond,
		random: new SeededRandom(seed),
		onTransition: (done) => {
			if (done % PROGRESS_EVERY === 0) progress(`mode ${mode}: ${done} of ${transitions}`)
		},
	})
	for (const { callId, status } of figures.lost) progress(`mode ${mode}: call ${callId} got ${status ?? 'no answer'}`)
	return reportOf(mode, figures)
}

function table(reports: ReadonlyMap<Mode, ModeReport>): string {
	return [...reports]
		.map(([mode, report]) => {
			const figures = Object.entries(report).map(([name, value]) => `${name} ${value}`)
			return `mode ${mode}   ${figures.join('   ')}`
		})
		.join('\n')
}
