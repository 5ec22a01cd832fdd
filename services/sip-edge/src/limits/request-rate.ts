/** How many requests one source may send. */
export interface RequestRateLimits {
	readonly perSecond: number
	/** Requests that may come at once after a pause. */
	readonly burst: number
	/** Sources remembered; the one unseen for longest is forgotten first. */
	readonly maxSources: number
}

interface Bucket {
	tokens: number
	refilledAtMs: number
}

/** A token bucket for each source. Reads no clock: the time is given. */
export class RequestRate {
	readonly #limits: RequestRateLimits
	/** Least recently seen first. */
	readonly #buckets = new Map<string, Bucket>()

	constructor(limits: RequestRateLimits) {
		this.#limits = limits
	}

	/** Takes one token; false when the source has none left. */
	admit(source: string, nowMs: number): boolean {
		const bucket = this.#buckets.get(source) ?? { tokens: this.#limits.burst, refilledAtMs: nowMs }
		this.#buckets.delete(source)
		this.#makeRoom()
		this.#buckets.set(source, bucket)
		const refill = (Math.max(0, nowMs - bucket.refilledAtMs) / 1000) * this.#limits.perSecond
		bucket.tokens = Math.min(this.#limits.burst, bucket.tokens + refill)
		bucket.refilledAtMs = nowMs
		if (bucket.tokens < 1) return false
		bucket.tokens -= 1
		return true
	}

	get size(): number {
		return this.#buckets.size
	}

	#makeRoom(): void {
		if (this.#buckets.size < this.#limits.maxSources) return
		const oldest = this.#buckets.keys().next().value
		if (oldest !== undefined) this.#buckets.delete(oldest)
	}
}
