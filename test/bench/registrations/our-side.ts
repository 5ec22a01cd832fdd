import { Registrar } from '../kamailio/registrar.ts'
import { pause } from '../run/pause.ts'
import { progress } from '../run/progress.ts'
import type { RunScope } from '../run/run-scope.ts'
import { type BenchDatabase, startBenchDatabase } from './bench-database.ts'
import { refreshPlan } from './refresh-plan.ts'
import { measureRestart } from './registrar-restart.ts'
import type { RegistrationsRun } from './registrations-run.ts'
import { seedAccounts } from './seed-accounts.ts'
import type { SideFigures } from './side-figures.ts'
import { type WorkerStart, WorkerUnderTest } from './worker-under-test.ts'

/** What the service asks for; so long that nothing is refreshed during a cold start. */
const ASKED_EXPIRES_SECONDS = 3_600
/** Beyond a generous time for each account. */
const BOUND_BASE_MS = 60_000
const BOUND_MS_PER_ACCOUNT = 2
/** How long to look for late repetitions after the last account is bound. */
const QUIET_MS = 2_000
const LAG_WINDOW_MS = 10_000

/**
 * Measures the service's worker: what its process takes without accounts, a cold start, and, in a process of its own at
 * a registrar that grants shorter times, refreshes at the wanted rate.
 */
export async function measureOurSide(scope: RunScope, run: RegistrationsRun): Promise<SideFigures> {
	const database = await startBenchDatabase(scope)
	const base = await idleProcess(scope, database, run)
	const registrar = await Registrar.start(scope, run)
	const { domain, port } = registrar
	progress(`writing ${run.accounts} accounts`)
	const { accounts: count, password } = run
	await seedAccounts(database, { count, domain, password, refreshSeconds: ASKED_EXPIRES_SECONDS })
	const cold = await coldStart(scope, database, registrar, run)
	const { rest, ...steady } = await steadyRefresh(scope, database, port, run)
	return {
		...cold,
		...steady,
		bytesPerRegistration: (rest.liveBytes - base.liveBytes) / run.accounts,
		residentBytesPerRegistration: (rest.rssBytes - base.rssBytes) / run.accounts,
		peakBytes: Math.max(cold.peakBytes, steady.peakBytes),
	}
}

/** What the same process takes with no account at all. */
async function idleProcess(scope: RunScope, database: BenchDatabase, run: RegistrationsRun) {
	const worker = WorkerUnderTest.start(scope, database, run)
	await worker.starting()
	await pause(1_000)
	const base = await worker.measure({ collect: true })
	await worker.stop()
	progress(`worker without accounts: ${mebibytes(base.liveBytes)} live, ${mebibytes(base.rssBytes)} resident`)
	return base
}

async function coldStart(scope: RunScope, database: BenchDatabase, registrar: Registrar, run: RegistrationsRun) {
	const worker = WorkerUnderTest.start(scope, database, run)
	const start = await worker.starting()
	const boundMs = await allBound(registrar, run, start)
	const { cpuMicros } = await worker.measure()
	await pause(QUIET_MS)
	const { accepted } = await registrar.counts()
	progress(`all bound after ${boundMs.toFixed(0)} ms, ${accepted} accepted`)
	const peakBytes = worker.peakResidentBytes
	await Promise.all([worker.stop(), registrar.stop()])
	return {
		boundMs,
		accepted,
		cpuMicrosPerColdRegistration: (cpuMicros - start.cpuMicros) / run.accounts,
		peakBytes,
	}
}

async function steadyRefresh(scope: RunScope, database: BenchDatabase, port: number, run: RegistrationsRun) {
	const plan = refreshPlan(run.accounts, run.perSecond)
	const registrar = await Registrar.start(scope, { ...run, port, maxExpiresSeconds: plan.expiresSeconds })
	const worker = WorkerUnderTest.start(scope, database, run)
	await allBound(registrar, run, await worker.starting())
	progress(`all bound again, for ${plan.expiresSeconds} s each`)
	const enough = run.accounts + run.perSecond
	await registrar.until('refreshes come', ({ accepted }) => accepted >= enough, plan.expiresSeconds * 1000)
	await warmUp(run.warmUpSeconds)
	const timerLagP99Ms = await timerLag(worker)
	const refreshes = await watchRefreshes(worker, registrar, plan.windowSeconds)
	const rest = await worker.measure({ collect: true })
	const peakBytes = worker.peakResidentBytes
	const restart = run.restart ? await measureRestart(scope, registrar, run, plan.expiresSeconds) : {}
	await Promise.all([worker.stop(), registrar.stop()])
	return { ...refreshes, ...restart, timerLagP99Ms, peakBytes, rest }
}

async function watchRefreshes(worker: WorkerUnderTest, registrar: Registrar, windowSeconds: number) {
	progress(`watching refreshes for ${windowSeconds.toFixed(1)} s`)
	const [from, before] = [performance.now(), await registrar.counts()]
	const { cpuMicros: cpuBefore } = await worker.measure()
	await pause(windowSeconds * 1000)
	const { cpuMicros: cpuAfter, snapshot } = await worker.measure()
	const after = await registrar.counts()
	const seconds = (performance.now() - from) / 1000
	const refreshes = after.accepted - before.accepted
	progress(`${refreshes} refreshes; the worker since its start: ${JSON.stringify(snapshot?.upstreamSip)}`)
	return {
		cpuMicrosPerRefresh: (cpuAfter - cpuBefore) / refreshes,
		refreshesPerSecond: refreshes / seconds,
		requestsPerRefresh: (after.received - before.received) / refreshes,
	}
}

/** What a service does all day is measured, not its first minute: by then the code that is hot has been compiled. */
export async function warmUp(seconds: number): Promise<void> {
	progress(`refreshes come; warming up for ${seconds} s`)
	await pause(seconds * 1000)
}

/** Watched by itself, because the watch costs processor time. */
async function timerLag(worker: WorkerUnderTest): Promise<number> {
	await worker.measure({ watchLag: true })
	await pause(LAG_WINDOW_MS)
	const { timerLagMs } = await worker.measure()
	return timerLagMs?.p99 ?? Number.NaN
}

/** Milliseconds from the worker's start until the registrar had every account. */
async function allBound(registrar: Registrar, { accounts }: RegistrationsRun, start: WorkerStart): Promise<number> {
	const withinMs = BOUND_BASE_MS + accounts * BOUND_MS_PER_ACCOUNT
	const bound = await registrar.until('all are bound', (counts) => counts.bound >= accounts, withinMs)
	if (!bound) throw new Error(`not every account was bound within ${withinMs} ms`)
	return performance.now() - start.atMs
}

export function mebibytes(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
