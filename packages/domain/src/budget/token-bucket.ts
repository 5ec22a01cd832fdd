/** So many over time, and so many at once. */
export interface Rate {
	readonly perSecond: number
	/** At once, after a pause. */
	readonly burst: number
}

/** A token bucket. Reads no clock: instants are given, in milliseconds, and one that lies before the last changes nothing. */
export class TokenBucket {
	#rate: Rate
	#tokens: number
	#atMs: number | undefined

	/** It begins full. */
	constructor(rate: Rate) {
		this.#rate = rate
		this.#tokens = rate.burst
	}

	/** Another rate from now on; what is there stays, up to the new burst. */
	change(rate: Rate): void {
		this.#rate = rate
		this.#tokens = Math.min(this.#tokens, rate.burst)
	}

	/** Whether one may be taken. */
	has(nowMs: number): boolean {
		this.#refill(nowMs)
		return this.#tokens >= 1
	}

	/** How much of the burst is there, from 0 to 1. */
	fullness(nowMs: number): number {
		this.#refill(nowMs)
		return Math.max(0, this.#tokens / this.#rate.burst)
	}

	/** Takes one; false when there is none. */
	take(nowMs: number): boolean {
		if (!this.has(nowMs)) return false
		this.#tokens--
		return true
	}

	/** Milliseconds until one may be taken. */
	waitMs(nowMs: number): number {
		this.#refill(nowMs)
		return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / this.#rate.perSecond
	}

	/** Takes one that may not be there yet, and gives the milliseconds until it is. */
	reserve(nowMs: number): number {
		const waitMs = this.waitMs(nowMs)
		this.#tokens--
		return waitMs
	}

	/** So many that were taken are there again. */
	giveBack(count: number): void {
		this.#tokens = Math.min(this.#rate.burst, this.#tokens + count)
	}

	#refill(nowMs: number): void {
		const { perSecond, burst } = this.#rate
		const elapsedMs = nowMs - (this.#atMs ?? nowMs)
		if (this.#atMs !== undefined && elapsedMs <= 0) return
		this.#atMs = nowMs
		this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * perSecond) / 1000)
	}
}
