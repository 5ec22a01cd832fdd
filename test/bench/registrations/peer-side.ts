import { Registrar } from '../kamailio/registrar.ts'
import { UacPeer } from '../kamailio/uac-peer.ts'
import { cpuMicrosOf } from '../measure/process-cpu.ts'
import { pause } from '../run/pause.ts'
import { progress } from '../run/progress.ts'
import type { RunScope } from '../run/run-scope.ts'
import { mebibytes, warmUp } from './our-side.ts'
import { windowOf } from './refresh-plan.ts'
import type { RegistrationsRun } from './registrations-run.ts'
import type { SideFigures } from './side-figures.ts'

const BOUND_BASE_MS = 120_000
const BOUND_MS_PER_ACCOUNT = 5
const QUIET_MS = 2_000
const LONG_EXPIRES_SECONDS = 3_600
/** tm keeps a finished transaction for five seconds; after some more nothing of the burst is left in memory. */
const AT_REST_MS = 12_000

/**
 * Measures Kamailio's uac module doing the same accounts: once all at a time, as it starts (cold), and once more with its
 * accounts added at the rate that they then refresh at, because it is at its best when they do not come in bursts.
 */
export async function measurePeerSide(scope: RunScope, run: RegistrationsRun): Promise<SideFigures> {
	const cold = await coldStart(scope, run)
	const steady = await steadyRefresh(scope, run)
	return { ...cold, ...steady }
}

async function coldStart(scope: RunScope, run: RegistrationsRun) {
	const { accounts, password, cores } = run
	const registrar = await Registrar.start(scope, { accounts, password, cores })
	const peer = await UacPeer.start(scope, accounts, cores)
	const empty = await peer.memory()
	progress(`peer: adding ${accounts} accounts`)
	await peer.add({ count: accounts, domain: registrar.domain, password, expiresSeconds: LONG_EXPIRES_SECONDS })
	const cpuBefore = cpuMicrosOf(peer.pids())
	await peer.activate()
	await registrar.until('the peer begins', (counts) => counts.received > 0, 10_000)
	const begun = performance.now()
	await allBound(registrar, accounts)
	const boundMs = performance.now() - begun
	const cpuMicros = cpuMicrosOf(peer.pids()) - cpuBefore
	await pause(QUIET_MS)
	const { accepted } = await registrar.counts()
	progress(`peer: all bound after ${boundMs.toFixed(0)} ms, ${accepted} accepted`)
	await pause(AT_REST_MS - QUIET_MS)
	const rest = await peer.memory()
	progress(`peer: ${mebibytes(rest.usedBytes - empty.usedBytes)} at rest, ${mebibytes(rest.peakBytes)} at most`)
	await Promise.all([peer.stop(), registrar.stop()])
	return {
		boundMs,
		accepted,
		cpuMicrosPerColdRegistration: cpuMicros / accounts,
		bytesPerRegistration: (rest.usedBytes - empty.usedBytes) / accounts,
		peakBytes: rest.peakBytes,
	}
}

async function steadyRefresh(scope: RunScope, run: RegistrationsRun) {
	const { accounts, password, perSecond, cores } = run
	const registrar = await Registrar.start(scope, { accounts, password, cores })
	const peer = await UacPeer.start(scope, accounts, cores)
	const periodSeconds = Math.max(1, Math.round(accounts / perSecond))
	const expiresSeconds = periodSeconds + UacPeer.REFRESHES_BEFORE_END_SECONDS
	await peer.activate()
	progress(`peer: adding ${accounts} accounts, ${perSecond} a second`)
	await peer.add({ count: accounts, domain: registrar.domain, password, expiresSeconds, perSecond })
	await allBound(registrar, accounts)
	await registrar.until('the peer refreshes', (counts) => counts.accepted >= accounts + perSecond, 600_000)
	await warmUp(run.warmUpSeconds)
	const windowSeconds = windowOf(periodSeconds)
	progress(`peer: watching refreshes for ${windowSeconds.toFixed(1)} s`)
	const [from, before, cpuBefore] = [performance.now(), await registrar.counts(), cpuMicrosOf(peer.pids())]
	await pause(windowSeconds * 1000)
	const cpuMicros = cpuMicrosOf(peer.pids()) - cpuBefore
	const after = await registrar.counts()
	const seconds = (performance.now() - from) / 1000
	const refreshes = after.accepted - before.accepted
	await Promise.all([peer.stop(), registrar.stop()])
	return {
		cpuMicrosPerRefresh: cpuMicros / refreshes,
		refreshesPerSecond: refreshes / seconds,
		requestsPerRefresh: (after.received - before.received) / refreshes,
	}
}

async function allBound(registrar: Registrar, accounts: number): Promise<void> {
	const withinMs = BOUND_BASE_MS + accounts * BOUND_MS_PER_ACCOUNT
	const bound = await registrar.until('the peer has bound all', (counts) => counts.bound >= accounts, withinMs)
	if (!bound) throw new Error(`the peer had not bound every account within ${withinMs} ms`)
}
