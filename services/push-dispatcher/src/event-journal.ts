import { type CallEvent, type CallId, type CallStore, isLastingFailure } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000
/** Of what the store will refuse for ever. */
const MOST_TRIES = 3
/** Entries kept while the database is away; beyond it new ones are dropped, and counted. */
const MOST_WAITING = 50_000

/**
 * Writes call events behind the pushes' back, in batches. A batch that cannot be written is tried again call by call: the
 * store may refuse what concerns one call, and that must not hold up the others. It is tried until the store takes it or says that it
 * never will.
 */
export class EventJournal {
	readonly #store: Pick<CallStore, 'append'>
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #pauses = new Map<TimerHandle, () => void>()
	#waiting: CallEvent[] = []
	#kept = 0
	#dropped = 0
	#flushing = false
	#writing: Promise<void> | undefined
	readonly #repairs = new Set<Promise<void>>()

	constructor(store: Pick<CallStore, 'append'>, clock: Clock, logger: Logger) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
	}

	/** Events that could not be written and never will be. */
	get dropped(): number {
		return this.#dropped
	}

	/** Records an event; returns at once. */
	record(event: CallEvent): void {
		if (this.#kept >= MOST_WAITING) {
			this.#dropped++
			return
		}
		this.#kept++
		this.#waiting.push(event)
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined
		})
	}

	/** Resolves when everything recorded so far is written or given up: it is tried once more, without a pause. */
	async flush(): Promise<void> {
		await this.#writing
		this.#flushing = true
		for (const skip of [...this.#pauses.values()]) skip()
		await Promise.all(this.#repairs)
		this.#flushing = false
	}

	async #writeAll(): Promise<void> {
		// Lets what happens in the same turn come together in one batch, after the push is on its way.
		await Promise.resolve()
		while (this.#waiting.length > 0) {
			const batch = this.#waiting
			this.#waiting = []
			try {
				await this.#store.append(batch)
				this.#kept -= batch.length
			} catch (error) {
				for (const events of byCall(batch).values()) this.#repair(events, error)
			}
		}
	}

	#repair(events: readonly CallEvent[], error: unknown): void {
		const repair = this.#tryAgain(events, error).finally(() => this.#repairs.delete(repair))
		this.#repairs.add(repair)
	}

	async #tryAgain(events: readonly CallEvent[], error: unknown): Promise<void> {
		let failure = error
		for (let tries = 1; !isLastingFailure(failure) || tries < MOST_TRIES; tries++) {
			await this.#pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 10)))
			const isLast = this.#flushing
			try {
				await this.#store.append(events, 'again')
				this.#kept -= events.length
				return
			} catch (again) {
				failure = again
				if (isLast) break
			}
		}
		this.#kept -= events.length
		this.#dropped += events.length
		const callId = events[0]?.callId
		this.#logger.error({ callId, events: events.length, error: String(failure) }, 'call events were lost')
	}

	#pause(delayMs: number): Promise<void> {
		if (this.#flushing) return Promise.resolve()
		return new Promise((resolve) => {
			const timer = this.#clock.setTimer(delayMs, () => {
				this.#pauses.delete(timer)
				resolve()
			})
			this.#pauses.set(timer, () => {
				this.#clock.clearTimer(timer)
				this.#pauses.delete(timer)
				resolve()
			})
		})
	}
}

function byCall(events: readonly CallEvent[]): Map<CallId, CallEvent[]> {
	const calls = new Map<CallId, CallEvent[]>()
	for (const event of events) {
		const list = calls.get(event.callId)
		if (list) list.push(event)
		else calls.set(event.callId, [event])
	}
	return calls
}
