import type { Clock } from '@vigil/runtime'

/** An answer as it is repeated. */
export interface KeptAnswer {
	readonly status: number
	readonly body: string
	readonly contentType?: string
	readonly location?: string
}

/** `new` go on; `running` the first request with this key is under way; `different` the key was used for another request. */
export type IdempotencyClaim =
	| { readonly kind: 'new' }
	| { readonly kind: 'running' }
	| { readonly kind: 'different' }
	| { readonly kind: 'done'; readonly answer: KeptAnswer }

/** Remembers the answers of writes by the key that the client gave them. */
export interface IdempotencyStore {
	/** Claims the key for a request; `fingerprint` tells requests apart. */
	claim(key: string, fingerprint: string): Promise<IdempotencyClaim>
	/** Keeps the answer for those who ask again. */
	finish(key: string, answer: KeptAnswer): Promise<void>
	/** Forgets the claim, so that the request can be tried anew. */
	abandon(key: string): Promise<void>
}

interface Entry {
	readonly fingerprint: string
	readonly expiresAtMs: number
	readonly answer?: KeptAnswer
}

/** Keeps the latest `capacity` answers in memory of this process, each for `ttlMs`. */
export class MemoryIdempotencyStore implements IdempotencyStore {
	readonly #clock: Clock
	readonly #ttlMs: number
	readonly #capacity: number
	/** Oldest first: a Map keeps the order of insertion. */
	readonly #entries = new Map<string, Entry>()

	constructor(options: { readonly clock: Clock; readonly ttlMs: number; readonly capacity?: number }) {
		this.#clock = options.clock
		this.#ttlMs = options.ttlMs
		this.#capacity = options.capacity ?? 10_000
	}

	async claim(key: string, fingerprint: string): Promise<IdempotencyClaim> {
		const entry = this.#live(key)
		if (entry === undefined) {
			this.#put(key, { fingerprint, expiresAtMs: this.#clock.now() + this.#ttlMs })
			return { kind: 'new' }
		}
		if (entry.fingerprint !== fingerprint) return { kind: 'different' }
		return entry.answer === undefined ? { kind: 'running' } : { kind: 'done', answer: entry.answer }
	}

	async finish(key: string, answer: KeptAnswer): Promise<void> {
		const entry = this.#entries.get(key)
		if (entry !== undefined) this.#put(key, { ...entry, answer, expiresAtMs: this.#clock.now() + this.#ttlMs })
	}

	async abandon(key: string): Promise<void> {
		this.#entries.delete(key)
	}

	#live(key: string): Entry | undefined {
		const entry = this.#entries.get(key)
		return entry !== undefined && entry.expiresAtMs > this.#clock.now() ? entry : undefined
	}

	#put(key: string, entry: Entry): void {
		this.#entries.delete(key)
		this.#entries.set(key, entry)
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size <= this.#capacity) break
			this.#entries.delete(oldest)
		}
	}
}
