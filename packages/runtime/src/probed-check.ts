import type { Clock } from './clock.ts'
import type { HealthCheck, HealthResult } from './health.ts'

export interface ProbedCheckOptions {
	readonly clock: Clock
	/** Does a piece of work that shows that the store works; rejects, in one plain sentence, where it does not. Must end by itself. */
	readonly probe: () => Promise<unknown>
	/** How long the outcome of a probe is repeated, milliseconds; default 2000. */
	readonly freshMs?: number
	/** A probe that takes longer makes the process degraded, milliseconds; default 250. */
	readonly slowMs?: number
	/** Nothing has come back for so long: the store is away, milliseconds; default 6000. */
	readonly awayMs?: number
}

/** A caller is answered by then with what is known, milliseconds. */
const PATIENCE_MS = 800

interface Outcome {
	readonly atMs: number
	readonly tookMs: number
	/** Undefined where it went well. */
	readonly failure: string | undefined
}

/**
 * A check by real work, of which one piece at most is under way however many ask, and whose outcome is repeated for a moment. A
 * store that is slow is told from one that is away: work that takes its time is `degraded`, with the time measured.
 */
export function probedCheck(options: ProbedCheckOptions): HealthCheck {
	const { clock, probe, freshMs = 2000, slowMs = 250, awayMs = 6000 } = options
	let last: Outcome | undefined
	let running: { readonly sinceMs: number; readonly done: Promise<void> } | undefined

	function start(): Promise<void> {
		const sinceMs = clock.now()
		const ended = (failure?: string) => {
			last = { atMs: clock.now(), tookMs: clock.now() - sinceMs, failure }
			running = undefined
		}
		const done = Promise.resolve()
			.then(probe)
			.then(
				() => ended(),
				(error: unknown) => ended(error instanceof Error ? error.message : String(error)),
			)
		running = { sinceMs, done }
		return done
	}

	function result(): HealthResult {
		if (running !== undefined && last?.failure === undefined) {
			const waitedMs = Math.round(clock.now() - running.sinceMs)
			if (waitedMs >= awayMs) return { ok: false, detail: `nothing has come back for ${waitedMs} ms` }
			if (waitedMs >= slowMs)
				return { ok: true, degraded: true, detail: `slow: nothing has come back for ${waitedMs} ms` }
		}
		if (last === undefined) return { ok: true, degraded: true, detail: 'not known yet' }
		if (last.failure !== undefined) return { ok: false, detail: last.failure }
		const tookMs = Math.round(last.tookMs)
		return tookMs < slowMs
			? { ok: true, detail: `${tookMs} ms` }
			: { ok: true, degraded: true, detail: `slow: ${tookMs} ms` }
	}

	return async () => {
		const isFresh = last !== undefined && clock.now() - last.atMs < freshMs
		if (!isFresh) await within(clock, running?.done ?? start(), PATIENCE_MS)
		return result()
	}
}

async function within(clock: Clock, work: Promise<void>, limitMs: number): Promise<void> {
	const { promise: late, resolve } = Promise.withResolvers<void>()
	const timer = clock.setTimer(limitMs, resolve)
	await Promise.race([work, late])
	clock.clearTimer(timer)
}
