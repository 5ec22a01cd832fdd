import type { Clock } from '@vigil/runtime'

/** How much a process reads lists for its tenants. */
export interface ReadingLimits {
	/** Pages that are read at once, of all tenants. */
	readonly atOnce: number
	/** Pages that a tenant may be waiting for; further ones are refused. */
	readonly mostWaiting: number
	/** A tenant's next page is not read before so many times what its last one took have passed. */
	readonly restFactor: number
}

const READING_LIMITS: ReadingLimits = { atOnce: 2, mostWaiting: 60, restFactor: 3 }

/** The longest that a tenant rests after a page, milliseconds; one that a slow database made slow is not to be paid for. */
const LONGEST_REST_MS = 500

/** Ends a turn; a second call does nothing. */
export type EndTurn = () => void

interface Reader {
	readonly waiting: (() => void)[]
	/** Has a turn, or rests after one. */
	busy: boolean
}

/**
 * Lists are read in turns, one page of a tenant after the other with a rest between, so that whoever lists much leaves
 * processor and database to calls. Somebody who asks for a page now and then never waits.
 */
export class ReadingTurns {
	readonly #clock: Clock
	readonly #limits: ReadingLimits
	/** Tenants that read, rest or wait; in the order in which they had their last turn. */
	readonly #readers = new Map<string, Reader>()
	#reading = 0

	constructor(clock: Clock, limits: ReadingLimits = READING_LIMITS) {
		this.#clock = clock
		this.#limits = limits
	}

	/** Resolves when it is the tenant's turn; undefined at once where too many of its requests wait already. */
	async take(tenant: string): Promise<EndTurn | undefined> {
		const reader = this.#readers.get(tenant) ?? { waiting: [], busy: false }
		this.#readers.set(tenant, reader)
		if (reader.waiting.length >= this.#limits.mostWaiting) return undefined
		await new Promise<void>((resolve) => {
			reader.waiting.push(resolve)
			this.#next()
		})
		const beganMs = this.#clock.now()
		let ended = false
		return () => {
			if (ended) return
			ended = true
			this.#reading--
			this.#rest(tenant, reader, this.#clock.now() - beganMs)
			this.#next()
		}
	}

	#next(): void {
		for (const [tenant, reader] of this.#readers) {
			if (this.#reading >= this.#limits.atOnce) return
			if (reader.busy) continue
			const begin = reader.waiting.shift()
			if (begin === undefined) continue
			reader.busy = true
			this.#reading++
			this.#readers.delete(tenant)
			this.#readers.set(tenant, reader)
			begin()
		}
	}

	#rest(tenant: string, reader: Reader, tookMs: number): void {
		const restMs = Math.min(LONGEST_REST_MS, tookMs * this.#limits.restFactor)
		this.#clock.setTimer(restMs, () => {
			reader.busy = false
			if (reader.waiting.length === 0) this.#readers.delete(tenant)
			this.#next()
		})
	}
}
