import { Registrar } from '../kamailio/registrar.ts'
import { pause } from '../run/pause.ts'
import { progress } from '../run/progress.ts'
import type { RunScope } from '../run/run-scope.ts'
import { type BenchDatabase, startBenchDatabase } from './bench-database.ts'
import { refreshPlan } from './refresh-plan.ts'
import { measureRestart } from './registrar-restart.ts'
import { seedAccounts } from './seed-accounts.ts'
import type { SideFigures } from './side-figures.ts'
import { WorkerUnderTest } from './worker-under-test.ts'

export interface RegistrationsRun {
	readonly accounts: number
	readonly perSecond: number
	readonly password: string
	readonly nodeOptions: readonly string[]
	/** Whether the registrar is restarted at the end. */
	readonly restart: boolean
}

/** Beyond a generous time for each account. */
const BOUND_BASE_MS = 60_000
const BOUND_MS_PER_ACCOUNT = 2
/** How long to look for late repetitions after the last account is bound. */
const QUIET_MS = 2_000
const LAG_WINDOW_MS = 10_000

/** Measures the service's worker: base, cold start, refreshes, memory. */
export async function measureOurSide(scope: RunScope, run: RegistrationsRun): Promise<SideFigures> {
	const plan = refreshPlan(run.accounts, run.perSecond)
	const database = await startBenchDatabase(scope)
	const base = await idleProcess(scope, database, run)
	const registrar = await Registrar.start(scope, run.accounts, run.password)
	progress(`writing ${run.accounts} accounts`)
	const { domain } = registrar
	await seedAccounts(database, {
		count: run.accounts,
		domain,
		password: run.password,
		refreshSeconds: plan.expiresSeconds,
	})
	const worker = WorkerUnderTest.start(scope, database, run.nodeOptions)
	const cold = await coldStart(worker, registrar, run, plan.earliestSeconds * 1000)
	const steady = await steadyRefresh(worker, registrar, run, plan.windowSeconds)
	const timerLagP99Ms = await timerLag(worker)
	const after = await worker.measure({ collect: true })
	const peakBytes = worker.peakResidentBytes
	const restart = run.restart ? await measureRestart(scope, registrar, run, plan.expiresSeconds) : {}
	await worker.stop()
	await registrar.stop()
	return {
		...cold,
		...steady,
		timerLagP99Ms,
		...restart,
		bytesPerRegistration: (after.liveBytes - base.liveBytes) / run.accounts,
		residentBytesPerRegistration: (after.rssBytes - base.rssBytes) / run.accounts,
		peakBytes,
	}
}

/** What the same process takes with no account at all. */
async function idleProcess(scope: RunScope, database: BenchDatabase, run: RegistrationsRun) {
	const worker = WorkerUnderTest.start(scope, database, run.nodeOptions)
	await worker.starting()
	await pause(1_000)
	const base = await worker.measure({ collect: true })
	await worker.stop()
	progress(`worker without accounts: ${mebibytes(base.liveBytes)} live, ${mebibytes(base.rssBytes)} resident`)
	return base
}

async function coldStart(worker: WorkerUnderTest, registrar: Registrar, run: RegistrationsRun, refreshAfterMs: number) {
	const { accounts } = run
	const start = await worker.starting()
	const withinMs = BOUND_BASE_MS + accounts * BOUND_MS_PER_ACCOUNT
	const bound = await registrar.until('all are bound', (counts) => counts.bound >= accounts, withinMs)
	if (!bound) throw new Error(`not every account was bound within ${withinMs} ms`)
	const boundMs = performance.now() - start.atMs
	const { cpuMicros } = await worker.measure()
	progress(`all bound after ${boundMs.toFixed(0)} ms, ${bound.accepted} accepted`)
	// Looked at before the first account refreshes: that is no surplus.
	await pause(Math.max(0, Math.min(QUIET_MS, refreshAfterMs - boundMs)))
	const quiet = await registrar.counts()
	const cpuMicrosPerColdRegistration = (cpuMicros - start.cpuMicros) / accounts
	return { boundMs, accepted: quiet.accepted, cpuMicrosPerColdRegistration }
}

async function steadyRefresh(
	worker: WorkerUnderTest,
	registrar: Registrar,
	run: RegistrationsRun,
	windowSeconds: number,
) {
	const enough = run.accounts + Math.max(1, run.perSecond)
	// An account refreshes before its two hours end; whoever asked for so long a wait gets it.
	await registrar.until('refreshes come', (counts) => counts.accepted >= enough, 7_200_000)
	const [from, before] = [performance.now(), await registrar.counts()]
	const { cpuMicros: cpuBefore } = await worker.measure()
	progress(`refreshes come; watching them for ${windowSeconds.toFixed(1)} s`)
	await pause(windowSeconds * 1000)
	const { cpuMicros: cpuAfter, snapshot } = await worker.measure()
	const after = await registrar.counts()
	const seconds = (performance.now() - from) / 1000
	const refreshes = after.accepted - before.accepted
	const sip = snapshot?.upstreamSip ?? {}
	progress(`${refreshes} refreshes; the worker since its start: ${JSON.stringify(sip)}`)
	return {
		cpuMicrosPerRefresh: (cpuAfter - cpuBefore) / refreshes,
		refreshesPerSecond: refreshes / seconds,
		requestsPerRefresh: (after.received - before.received) / refreshes,
	}
}

/** Watched by itself, because the watch costs processor time. */
async function timerLag(worker: WorkerUnderTest): Promise<number> {
	await worker.measure({ watchLag: true })
	await pause(LAG_WINDOW_MS)
	const { timerLagMs } = await worker.measure()
	return timerLagMs?.p99 ?? Number.NaN
}

export function mebibytes(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
