import type { AccountId, ForegroundLeaseStore } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'

export interface ForegroundLeaseSweepDeps {
	readonly foregroundLeases: Pick<ForegroundLeaseStore, 'accountsWithLapsedLease'>
	readonly clock: Clock
	readonly logger: Logger
	/** Reads the account and its devices anew. */
	readonly reload: (id: AccountId) => void
}

/**
 * Finds the accounts of devices whose foreground has lapsed: those whose own timer was never set, because the signal of
 * the statement was lost. What lapsed before `start` is seen when the accounts are read.
 */
export class ForegroundLeaseSweep {
	readonly #deps: ForegroundLeaseSweepDeps
	#timer: TimerHandle | undefined
	#sweptUntilMs = 0
	#closed = false

	constructor(deps: ForegroundLeaseSweepDeps) {
		this.#deps = deps
	}

	/** Looks every `everyMs` for what has lapsed since the time before. */
	start(everyMs: number): void {
		this.#sweptUntilMs = this.#deps.clock.wall()
		this.#wait(everyMs)
	}

	close(): void {
		this.#closed = true
		if (this.#timer !== undefined) this.#deps.clock.clearTimer(this.#timer)
	}

	#wait(everyMs: number): void {
		this.#timer = this.#deps.clock.setTimer(everyMs, () => {
			this.#sweep()
				.catch((error: unknown) => this.#deps.logger.warn({ error: String(error) }, 'lapsed leases not read'))
				.finally(() => {
					if (!this.#closed) this.#wait(everyMs)
				})
		})
	}

	async #sweep(): Promise<void> {
		const { foregroundLeases, clock, reload } = this.#deps
		const untilMs = clock.wall()
		// A clock that was set back must not leave out what lapses until it is where it was.
		const sinceMs = Math.min(this.#sweptUntilMs, untilMs)
		const lapsed = await foregroundLeases.accountsWithLapsedLease(sinceMs, untilMs)
		if (this.#closed) return
		this.#sweptUntilMs = untilMs
		for (const id of lapsed) reload(id)
	}
}
