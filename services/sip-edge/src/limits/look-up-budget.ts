/** How many look-ups strangers may cause. */
export interface LookUpRate {
	readonly perSecond: number
	/** At once. */
	readonly burst: number
}

/** A token bucket. Reads no clock: the time is given. */
export class LookUpBudget {
	readonly #rate: LookUpRate
	#left: number
	#atMs: number | undefined

	constructor(rate: LookUpRate) {
		this.#rate = rate
		this.#left = rate.burst
	}

	/** Takes one; false when there is none left. */
	take(nowMs: number): boolean {
		const { perSecond, burst } = this.#rate
		const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs))
		this.#atMs = nowMs
		this.#left = Math.min(burst, this.#left + (elapsedMs * perSecond) / 1000)
		if (this.#left < 1) return false
		this.#left--
		return true
	}
}
