import { Registrar, type RegistrarCounts } from '../kamailio/registrar.ts'
import { pause } from '../run/pause.ts'
import { progress } from '../run/progress.ts'
import type { RunScope } from '../run/run-scope.ts'
import type { RegistrationsRun } from './registrations-run.ts'

export interface RestartFigures {
	/** From the registrar's return until it had every account again. */
	readonly reboundMs: number
	/** Most REGISTERs that it received in one second. */
	readonly peakRegistersPerSecond: number
}

const DOWN_MS = 5_000
const SAMPLE_MS = 1_000
/** Back-offs after the silence, beside the time in which everybody refreshes. */
const PATIENCE_MS = 180_000

/** Ends the registrar, which forgets every binding, starts it anew at the same port, and waits for all to come back. */
export async function measureRestart(
	scope: RunScope,
	registrar: Registrar,
	run: RegistrationsRun,
	maxExpiresSeconds: number,
): Promise<RestartFigures> {
	const { port } = registrar
	await registrar.stop()
	progress(`registrar gone for ${DOWN_MS / 1000} s`)
	await pause(DOWN_MS)
	const fresh = await Registrar.start(scope, { ...run, port, maxExpiresSeconds })
	const [from, deadlineMs] = [performance.now(), maxExpiresSeconds * 1000 + PATIENCE_MS]
	let [before, peak]: [RegistrarCounts, number] = [await fresh.counts(), 0]
	while (before.bound < run.accounts) {
		const reboundMs = performance.now() - from
		if (reboundMs > deadlineMs) throw new Error(`${run.accounts - before.bound} accounts did not come back`)
		await pause(SAMPLE_MS)
		const counts = await fresh.counts()
		const perSecond = ((counts.received - before.received) * 1000) / (performance.now() - from - reboundMs)
		peak = Math.max(peak, perSecond)
		before = counts
	}
	const reboundMs = performance.now() - from
	progress(`all back after ${reboundMs.toFixed(0)} ms, at most ${peak.toFixed(0)} REGISTERs a second`)
	await fresh.stop()
	return { reboundMs, peakRegistersPerSecond: peak }
}
