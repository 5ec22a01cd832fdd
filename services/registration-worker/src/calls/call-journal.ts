import type { Call, CallEnd, CallEvent, CallId, CallStore, DeviceId } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'

const RETRY_MS = 500
/** Events written by one statement. */
const MOST_AT_ONCE = 2000

/** How much is kept while the database is away; beyond it the oldest go, and are counted. */
export interface JournalBounds {
	readonly records: number
	readonly events: number
}

const BOUNDS: JournalBounds = { records: 50_000, events: 100_000 }

type Entry = (store: CallStore) => Promise<void>

/**
 * Writes what happens to calls behind the calls' back: events in batches, records in order, again when the
 * database is away. A call never waits for it.
 */
export class CallJournal {
	readonly #store: CallStore
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #bounds: JournalBounds
	readonly #entries: Entry[] = []
	#events: CallEvent[] = []
	#writing: Promise<void> | undefined
	#dropped = 0
	/** Losses are told once until everything is written again. */
	#overflowing = false

	constructor(store: CallStore, clock: Clock, logger: Logger, bounds: JournalBounds = BOUNDS) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
		this.#bounds = bounds
	}

	/** Records and events lost because the database was away for too long. */
	get dropped(): number {
		return this.#dropped
	}

	begin(call: Call): void {
		this.#add((store) => store.begin(call))
	}

	answered(id: CallId, atMs: number, deviceId?: DeviceId): void {
		this.#add((store) => store.answered(id, atMs, deviceId))
	}

	end(id: CallId, end: CallEnd): void {
		this.#add((store) => store.end(id, end))
	}

	event(event: CallEvent): void {
		this.#events.push(event)
		this.#bound(this.#events, this.#bounds.events)
		this.#write()
	}

	/** Resolves when everything recorded so far is written. */
	async flush(): Promise<void> {
		await this.#writing
	}

	#add(entry: Entry): void {
		this.#entries.push(entry)
		this.#bound(this.#entries, this.#bounds.records)
		this.#write()
	}

	#bound(waiting: unknown[], most: number): void {
		const surplus = waiting.length - most
		if (surplus <= 0) return
		waiting.splice(0, surplus)
		this.#dropped += surplus
		if (this.#overflowing) return
		this.#overflowing = true
		this.#logger.error({ waiting: most }, 'too many call records wait for the database, the oldest are lost')
	}

	#write(): void {
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined
		})
	}

	async #writeAll(): Promise<void> {
		// Lets what happens in the same turn of the loop come together in one batch.
		await Promise.resolve()
		while (this.#events.length > 0 || this.#entries.length > 0) {
			try {
				// Events first: the record of an end is not seen before the timeline that led to it.
				await this.#writeEvents()
				await this.#writeEntry()
			} catch (error) {
				const waiting = this.#entries.length + this.#events.length
				const facts = { error: String(error), waiting, dropped: this.#dropped }
				this.#logger.warn(facts, 'call records not written, will try again')
				await new Promise<void>((resolve) => this.#clock.setTimer(RETRY_MS, resolve))
			}
		}
		this.#overflowing = false
	}

	async #writeEvents(): Promise<void> {
		while (this.#events.length > 0) {
			const batch = this.#events.splice(0, MOST_AT_ONCE)
			try {
				await this.#store.append(batch)
			} catch (error) {
				this.#events = [...batch, ...this.#events]
				this.#bound(this.#events, this.#bounds.events)
				throw error
			}
		}
	}

	async #writeEntry(): Promise<void> {
		const entry = this.#entries.shift()
		if (!entry) return
		try {
			await entry(this.#store)
		} catch (error) {
			this.#entries.unshift(entry)
			this.#bound(this.#entries, this.#bounds.records)
			throw error
		}
	}
}
