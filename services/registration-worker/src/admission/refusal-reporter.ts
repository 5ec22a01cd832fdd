import type { RefusalStore } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'
import { RefusalCounts } from './refusal-counts.ts'

/** So long after the first of them refusals are written: for each account and limit one row, and no more often. */
const EVERY_MS = 5000
const MOST_AT_ONCE = 1000

/** Writes what limits have refused, in batches and one at a time. What a store that is away does not take stays counted, within bounds. */
export class RefusalReporter {
	readonly counts: RefusalCounts
	readonly #store: Pick<RefusalStore, 'add'> | undefined
	readonly #clock: Clock
	readonly #logger: Logger
	#timer: TimerHandle | undefined
	#writing: Promise<void> | undefined
	#closed = false

	/** Without a store refusals are counted only. */
	constructor(store: Pick<RefusalStore, 'add'> | undefined, clock: Clock, logger: Logger) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
		this.counts = new RefusalCounts(() => this.#plan())
	}

	/** Writes what there is, once, and nothing after it. */
	async close(): Promise<void> {
		this.#closed = true
		if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
		this.#timer = undefined
		await this.#writing
		await this.#writeAll()
	}

	#plan(): void {
		if (!this.#store || this.#closed || this.#timer !== undefined || this.#writing) return
		this.#timer = this.#clock.setTimer(EVERY_MS, () => {
			this.#timer = undefined
			this.#writing = this.#writeAll().then((isMore) => {
				this.#writing = undefined
				if (isMore) this.#plan()
			})
		})
	}

	/** Whether something is left, or was counted meanwhile. */
	async #writeAll(): Promise<boolean> {
		const batch = this.#store ? this.counts.taken() : []
		for (let from = 0; from < batch.length; from += MOST_AT_ONCE) {
			try {
				await this.#store?.add(batch.slice(from, from + MOST_AT_ONCE))
			} catch (error) {
				this.counts.giveBack(batch.slice(from))
				this.#logger.warn({ error: String(error), refusals: batch.length - from }, 'refusals not written yet')
				return true
			}
		}
		return batch.length > 0
	}
}
