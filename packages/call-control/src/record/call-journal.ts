import {
	type Call,
	type CallEnd,
	type CallEvent,
	type CallId,
	type CallStore,
	type DeviceId,
	isLastingFailure,
	type TenantId,
} from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 4000
/** Events written by one statement. */
const MOST_AT_ONCE = 2000
/** Records written side by side, each of another call. */
const MOST_CALLS_AT_ONCE = 8
/** How long what is left may take when the journal closes. */
const CLOSE_WITHIN_MS = 4000

/** How much is kept while the database is away; beyond it the oldest go, and are counted. */
export interface JournalBounds {
	readonly records: number
	readonly events: number
}

const BOUNDS: JournalBounds = { records: 50_000, events: 100_000 }

/** A call, and whose it is. */
export interface OwnedCall {
	readonly id: CallId
	readonly tenantId: TenantId
}

interface Entry {
	readonly callId: CallId
	write(store: CallStore): Promise<void>
}

/**
 * Writes what happens to calls behind the calls' back: events in batches, the records of one call in order, again for as long as
 * the database is away. What the database will never take is dropped alone. A call never waits for it.
 */
export class CallJournal {
	readonly #store: CallStore
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #bounds: JournalBounds
	#entries: Entry[] = []
	#events: CallEvent[] = []
	/** The first events may be in the store all the same, because their statement was not answered. */
	#eventsAgain = false
	#writing: Promise<void> | undefined
	#dropped = 0
	#failures = 0
	#closed = false
	#hurry: (() => void) | undefined
	/** Losses are told once until everything is written again. */
	#overflowing = false

	constructor(store: CallStore, clock: Clock, logger: Logger, bounds: JournalBounds = BOUNDS) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
		this.#bounds = bounds
	}

	/** Records and events lost because the database was away for too long, or would not take them. */
	get dropped(): number {
		return this.#dropped
	}

	begin(call: Call): void {
		this.#add({ callId: call.id, write: (store) => store.begin(call) })
	}

	answered({ id, tenantId }: OwnedCall, atMs: number, deviceId?: DeviceId): void {
		this.#add({ callId: id, write: (store) => store.answered(tenantId, id, atMs, deviceId) })
	}

	end({ id, tenantId }: OwnedCall, end: CallEnd): void {
		this.#add({ callId: id, write: (store) => store.end(tenantId, id, end) })
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

	/** Writes what is left, in bounded time; what the database does not take by then is counted as lost. */
	async close(): Promise<void> {
		const late = Promise.withResolvers<void>()
		const timer: TimerHandle = this.#clock.setTimer(CLOSE_WITHIN_MS, late.resolve)
		this.#closed = true
		this.#hurry?.()
		await Promise.race([this.flush(), late.promise])
		this.#clock.clearTimer(timer)
		const left = this.#entries.length + this.#events.length
		if (left === 0) return
		this.#dropped += left
		this.#logger.error({ left }, 'call records were lost, as the database is away while the worker stops')
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
				await this.#writeEntries()
				this.#failures = 0
			} catch (error) {
				const waiting = this.#entries.length + this.#events.length
				const facts = { error: String(error), waiting, dropped: this.#dropped }
				this.#logger.warn(facts, 'call records not written, will try again')
				if (this.#closed) return
				await this.#rest(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10)))
			}
		}
		this.#overflowing = false
	}

	#rest(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = this.#clock.setTimer(ms, resolve)
			this.#hurry = () => {
				this.#clock.clearTimer(timer)
				resolve()
			}
		})
	}

	async #writeEvents(): Promise<void> {
		while (this.#events.length > 0) {
			const batch = this.#events.splice(0, MOST_AT_ONCE)
			try {
				await this.#append(batch)
				this.#eventsAgain = false
			} catch (error) {
				this.#events = [...batch, ...this.#events]
				this.#bound(this.#events, this.#bounds.events)
				this.#eventsAgain = true
				throw error
			}
		}
	}

	/** One event that the database will never take must not keep the others back: they are written one by one then. */
	async #append(batch: readonly CallEvent[]): Promise<void> {
		try {
			await this.#store.append(batch, ...(this.#eventsAgain ? (['again'] as const) : []))
		} catch (error) {
			if (!isLastingFailure(error)) throw error
			if (batch.length === 1) this.#drop(batch[0]?.callId, error)
			else for (const event of batch) await this.#append([event])
		}
	}

	async #writeEntries(): Promise<void> {
		const batch = this.#takeEntries()
		const results = await Promise.allSettled(batch.map((entry) => entry.write(this.#store)))
		const failed: Entry[] = []
		let failure: unknown
		for (const [place, result] of results.entries()) {
			const entry = batch[place] as Entry
			if (result.status === 'fulfilled') continue
			if (isLastingFailure(result.reason)) this.#drop(entry.callId, result.reason)
			else {
				failed.push(entry)
				failure = result.reason
			}
		}
		if (failed.length === 0) return
		this.#entries = [...failed, ...this.#entries]
		this.#bound(this.#entries, this.#bounds.records)
		throw failure
	}

	/** The first records, as long as each is of another call. */
	#takeEntries(): Entry[] {
		const calls = new Set<CallId>()
		let count = 0
		for (const { callId } of this.#entries) {
			if (count === MOST_CALLS_AT_ONCE || calls.has(callId)) break
			calls.add(callId)
			count++
		}
		return this.#entries.splice(0, count)
	}

	#drop(callId: CallId | undefined, error: unknown): void {
		this.#dropped++
		this.#logger.error({ callId, error: String(error) }, 'a call record was lost, the database will not take it')
	}
}
