import { SeededRandom, until } from '@vigil/testkit'
import { TestWorld } from '../../world/test-world.ts'
import type { ScenarioName } from '../options.ts'
import { FAULTS } from '../scenarios/catalogue.ts'
import { CallLoad } from './call-load.ts'
import { completeRecords, doubledTimelines } from './records.ts'

export interface ScenarioOptions {
	readonly scenario: ScenarioName
	readonly seed: number
	readonly seconds: number
	readonly rate: number
	/** Hears what goes on. */
	say(text: string): void
}

export interface ScenarioResult {
	/** Every call was answered, every phone was pushed once for it, and every call is on record. */
	readonly ok: boolean
	readonly calls: number
	/** Not answered by their phone. */
	readonly lost: number
	/** With more than one notification. */
	readonly doubled: number
	/** Whose notification the provider was asked for again, by the same id, because it had not answered in time. */
	readonly repeated: number
	/** Not pushed at all. */
	readonly unpushed: number
	/** On record, answered and ended. */
	readonly records: number
	/** With an entry twice on their timeline. */
	readonly doubledTimelines: number
	/** From the INVITE to the 200 of the woken phone. */
	readonly answerMs: { readonly p50: number; readonly p99: number }
	/** What the losses were, each kind once. */
	readonly failures: readonly string[]
}

const PROGRESS_MS = 5000
const READY_WITHIN_MS = 60_000

/** Lets the fault hold for so long under calls, heals it, and counts. Throws CannotMakeFault. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
	const { scenario, seed, seconds, rate, say } = options
	const fault = await FAULTS[scenario]()
	try {
		const world = await TestWorld.start({ VIGIL_WAKE_SECONDS: '30', ...fault.settings })
		try {
			const load = await CallLoad.start(world, new SeededRandom(seed), rate)
			say(`${scenario}: ${load.users.length} phones sleep; the fault holds for ${seconds} s`)
			await fault.begin()
			await load.run(seconds, rate, progressOf(scenario, load, say))
			await load.settled()
			await fault.heal()
			say(`${scenario}: healed after ${load.calls.length} calls`)
			await until(async () => (await world.platform.readiness()).status === 200, { deadlineMs: READY_WITHIN_MS })
			return await resultOf(world, load)
		} finally {
			await fault.heal().catch(() => {})
			await world.close()
		}
	} finally {
		await fault.close()
	}
}

function progressOf(scenario: string, load: CallLoad, say: (text: string) => void): () => void {
	let saidMs = performance.now()
	return () => {
		if (performance.now() - saidMs < PROGRESS_MS) return
		saidMs = performance.now()
		say(`${scenario}: ${load.calls.length} calls, ${load.calls.filter(({ failure }) => failure).length} lost`)
	}
}

async function resultOf(world: TestWorld, load: CallLoad): Promise<ScenarioResult> {
	const { calls } = load
	const failures = calls.flatMap(({ failure }) => failure ?? [])
	const pushes = load.pushes()
	const notifications = calls.map(({ sipCallId }) => pushes.get(sipCallId)?.size ?? 0)
	const records = await completeRecords(world, load)
	const figures = {
		calls: calls.length,
		lost: failures.length,
		doubled: notifications.filter((count) => count > 1).length,
		unpushed: notifications.filter((count) => count === 0).length,
		repeated: [...pushes.values()].filter((ids) => [...ids.values()].some((times) => times > 1)).length,
		records,
		doubledTimelines: await doubledTimelines(world, load),
	}
	const { lost, doubled, unpushed } = figures
	const isRecorded = records === calls.length - lost && figures.doubledTimelines === 0
	const ok = calls.length > 0 && lost === 0 && doubled === 0 && unpushed === 0 && isRecorded
	return { ok, ...figures, answerMs: answerTimes(load), failures: [...new Set(failures)].slice(0, 10) }
}

function answerTimes({ calls }: CallLoad): { readonly p50: number; readonly p99: number } {
	const sorted = calls.flatMap(({ answeredAfterMs }) => answeredAfterMs ?? []).sort((a, b) => a - b)
	const at = (share: number) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0)
	return { p50: at(0.5), p99: at(0.99) }
}
