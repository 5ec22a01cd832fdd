import { FailureCounts } from './failure-counts.ts'

/** Upper bounds of the lateness classes, milliseconds. */
const LATENESS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, Number.POSITIVE_INFINITY] as const
/** Lateness is told of this minute and the one before. */
const TURN_MS = 60_000

/** Totals since the start, for metrics. */
export class RegistrationCounters {
	/** REGISTERs sent, copies apart. */
	sent = 0
	accepted = 0
	challenged = 0
	/** Refused or not answered. */
	readonly failed = new FailureCounts()
	#lateness = new Float64Array(LATENESS_MS.length)
	#before = new Float64Array(LATENESS_MS.length)
	#turnEndsAtMs = 0

	/** A due registration was served so long after its instant. */
	served(lateMs: number, nowMs: number): void {
		this.#turn(nowMs)
		let at = 0
		while (lateMs > (LATENESS_MS[at] as number)) at++
		this.#lateness[at] = (this.#lateness[at] as number) + 1
	}

	/** Upper bound of the lateness that 99 % of the timers stayed below; 0 when there were none. */
	latenessP99Ms(nowMs: number): number {
		this.#turn(nowMs)
		const counts = this.#lateness.map((count, at) => count + (this.#before[at] as number))
		const total = counts.reduce((sum, count) => sum + count, 0)
		if (total === 0) return 0
		let below = 0
		for (const [at, bound] of LATENESS_MS.entries()) {
			below += counts[at] as number
			if (below >= total * 0.99) return bound
		}
		return Number.POSITIVE_INFINITY
	}

	#turn(nowMs: number): void {
		if (nowMs < this.#turnEndsAtMs) return
		const long = nowMs >= this.#turnEndsAtMs + TURN_MS
		this.#before = long ? new Float64Array(LATENESS_MS.length) : this.#lateness
		this.#lateness = new Float64Array(LATENESS_MS.length)
		this.#turnEndsAtMs = nowMs + TURN_MS
	}
}
