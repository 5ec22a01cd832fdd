import type { Call, CallEnd, CallEvent, CallId, CallStore, DeviceId } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'

const RETRY_MS = 500
/** Entries kept while the database is away; beyond it the oldest go, and are counted. */
const MOST_WAITING = 50_000

type Entry = (store: CallStore) => Promise<void>

/**
 * Writes what happens to calls behind the calls' back: in order, in batches where possible, again when the
 * database is away. A call never waits for it.
 */
export class CallJournal {
	readonly #store: CallStore
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #entries: Entry[] = []
	#events: CallEvent[] = []
	#writing: Promise<void> | undefined
	#dropped = 0

	constructor(store: CallStore, clock: Clock, logger: Logger) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
	}

	/** Entries lost because the database was away for too long. */
	get dropped(): number {
		return this.#dropped
	}

	begin(call: Call): void {
		this.#add((store) => store.begin(call))
	}

	answered(id: CallId, atMs: number, deviceId: DeviceId): void {
		this.#add((store) => store.answered(id, atMs, deviceId))
	}

	end(id: CallId, end: CallEnd): void {
		this.#add((store) => store.end(id, end))
	}

	event(event: CallEvent): void {
		this.#events.push(event)
		if (this.#events.length > 1) return
		this.#add((store) => {
			const batch = this.#events
			this.#events = []
			return store.append(batch).catch((error: unknown) => {
				this.#events = [...batch, ...this.#events]
				throw error
			})
		})
	}

	/** Resolves when everything recorded so far is written. */
	async flush(): Promise<void> {
		await this.#writing
	}

	#add(entry: Entry): void {
		this.#entries.push(entry)
		if (this.#entries.length > MOST_WAITING) {
			this.#entries.shift()
			this.#dropped++
		}
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined
		})
	}

	async #writeAll(): Promise<void> {
		// Lets what happens in the same turn of the loop come together in one batch.
		await Promise.resolve()
		for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
			try {
				await entry(this.#store)
				this.#entries.shift()
			} catch (error) {
				this.#logger.warn(
					{ error: String(error), waiting: this.#entries.length },
					'call records not written, will try again',
				)
				await new Promise<void>((resolve) => this.#clock.setTimer(RETRY_MS, resolve))
			}
		}
	}
}
