/** So many over time, and so many at once. */
export interface Rate {
	readonly perSecond: number
	/** At once, after a pause. */
	readonly burst: number
}

/** A token bucket. Reads no clock: instants are given, in milliseconds from 0, and one that lies before the last changes nothing. */
export class TokenBucket {
	#perMs: number
	#burst: number
	#tokens: number
	#atMs = 0

	/** It begins full. */
	constructor(rate: Rate) {
		this.#perMs = rate.perSecond / 1000
		this.#burst = rate.burst
		this.#tokens = rate.burst
	}

	/** Another rate from now on; what is there stays, up to the new burst. */
	change(rate: Rate): void {
		this.#perMs = rate.perSecond / 1000
		this.#burst = rate.burst
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
		return Math.max(0, this.#tokens / this.#burst)
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
		return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs
	}

	/** Takes one that may not be there yet, and gives the milliseconds until it is. */
	reserve(nowMs: number): number {
		const waitMs = this.waitMs(nowMs)
		this.#tokens--
		return waitMs
	}

	/** So many that were taken are there again. */
	giveBack(count: number): void {
		this.#tokens = Math.min(this.#burst, this.#tokens + count)
	}

	#refill(nowMs: number): void {
		if (nowMs <= this.#atMs) return
		this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
		this.#atMs = nowMs
	}
}
