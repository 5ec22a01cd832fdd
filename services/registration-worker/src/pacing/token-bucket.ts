/** So many a second, evenly: what was not used is kept for a tenth of a second, not more. */
export class TokenBucket {
	readonly #perMs: number
	readonly #most: number
	#tokens: number
	#atMs = 0

	constructor(perSecond: number) {
		this.#perMs = perSecond / 1000
		this.#most = Math.max(1, perSecond / 10)
		this.#tokens = this.#most
	}

	/** Whether one may be taken now. */
	has(nowMs: number): boolean {
		this.#refill(nowMs)
		return this.#tokens >= 1
	}

	/** Takes one, into debt where there is none. */
	take(nowMs: number): void {
		this.#refill(nowMs)
		this.#tokens--
	}

	giveBack(): void {
		this.#tokens = Math.min(this.#most, this.#tokens + 1)
	}

	/** Milliseconds until one may be taken. */
	waitMs(nowMs: number): number {
		this.#refill(nowMs)
		return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs
	}

	#refill(nowMs: number): void {
		if (nowMs <= this.#atMs) return
		this.#tokens = Math.min(this.#most, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
		this.#atMs = nowMs
	}
}
