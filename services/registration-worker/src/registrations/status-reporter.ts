import type { AccountId, AccountStore, RegistrationStatus } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { WorkerSignals } from '../worker-ports.ts'

const RETRY_MS = 1000

/** Writes status changes in batches and tells the other parts of the service; only the newest of an account counts. */
export class StatusReporter {
	readonly #accounts: Pick<AccountStore, 'saveStatuses'>
	readonly #signals: Pick<WorkerSignals, 'publish'>
	readonly #clock: Clock
	readonly #logger: Logger
	#pending = new Map<AccountId, RegistrationStatus>()
	#writing: Promise<void> | undefined

	constructor(
		accounts: Pick<AccountStore, 'saveStatuses'>,
		signals: Pick<WorkerSignals, 'publish'>,
		clock: Clock,
		logger: Logger,
	) {
		this.#accounts = accounts
		this.#signals = signals
		this.#clock = clock
		this.#logger = logger
	}

	report(id: AccountId, status: RegistrationStatus): void {
		this.#pending.set(id, status)
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined
		})
	}

	/** Resolves when everything reported so far is written. */
	async flush(): Promise<void> {
		await this.#writing
	}

	async #writeAll(): Promise<void> {
		while (this.#pending.size > 0) {
			const batch = this.#pending
			this.#pending = new Map()
			try {
				await this.#accounts.saveStatuses(batch)
				await Promise.all([...batch].map(([id, status]) => this.#tell(id, status)))
			} catch (error) {
				this.#logger.warn({ error: String(error), accounts: batch.size }, 'statuses not written, will try again')
				for (const [id, status] of batch) if (!this.#pending.has(id)) this.#pending.set(id, status)
				await new Promise<void>((resolve) => this.#clock.setTimer(RETRY_MS, resolve))
			}
		}
	}

	// A nudge for who waits for this account; the database has the truth.
	async #tell(id: AccountId, status: RegistrationStatus): Promise<void> {
		const payload = {
			accountId: id,
			state: status.state,
			atMs: status.sinceMs,
			...(status.reason === undefined ? {} : { reason: status.reason }),
		}
		await this.#signals.publish('registration.changed', payload).catch((error: unknown) => {
			this.#logger.debug({ error: String(error) }, 'status signal not sent')
		})
	}
}
