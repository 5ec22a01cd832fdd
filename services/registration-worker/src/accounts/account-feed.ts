import type { AccountId, DeviceId } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'
import type { AccountDirectory, DirectoryEntry } from './account-directory.ts'
import type { AccountFollower } from './account-follower.ts'
import { type AccountSource, loadAll, loadOne } from './account-loader.ts'
import { bindsElsewhere } from './account-moves.ts'
import { sweepAccounts } from './account-sweep.ts'

/** Keeps the directory like the database: all accounts at the start, then each that a signal or the sweep names. */
export class AccountFeed {
	readonly #source: AccountSource
	readonly #directory: AccountDirectory
	readonly #follower: AccountFollower
	readonly #clock: Clock
	readonly #logger: Logger
	/** Accounts that are being read; true when they have to be read once more. */
	readonly #reading = new Map<AccountId, boolean>()
	#sweep: TimerHandle | undefined
	#sweepEveryMs = 0
	#closed = false

	constructor(
		source: AccountSource,
		directory: AccountDirectory,
		follower: AccountFollower,
		clock: Clock,
		logger: Logger,
	) {
		this.#source = source
		this.#directory = directory
		this.#follower = follower
		this.#clock = clock
		this.#logger = logger
	}

	/** Reads every account; each is followed as soon as it is there. Rejects when the database does not answer. */
	load(): Promise<void> {
		return loadAll(
			this.#source,
			this.#directory,
			() => this.#clock.wall(),
			(slot, entry) => this.#follower.admitted(slot, entry),
		)
	}

	/** Compares all accounts again and again; `everyMs` is the rest between two passes. */
	startSweep(everyMs: number): void {
		this.#sweepEveryMs = everyMs
		this.#sweepIn(everyMs)
	}

	/** Compares all accounts now, unless that is under way: news of changes may have been lost. */
	sweepNow(): void {
		if (this.#sweep === undefined || this.#closed) return
		this.#clock.clearTimer(this.#sweep)
		this.#sweepIn(0)
	}

	#sweepIn(delayMs: number): void {
		this.#sweep = this.#clock.setTimer(delayMs, () => {
			this.#sweep = undefined
			sweepAccounts(
				this.#source.accounts,
				this.#directory,
				this.#clock,
				(id) => this.reload(id),
				() => this.#closed,
			)
				.catch((error: unknown) => this.#logger.warn({ error: String(error) }, 'accounts not compared'))
				.finally(() => {
					if (!this.#closed) this.#sweepIn(this.#sweepEveryMs)
				})
		})
	}

	/** Reads the account anew; asked again meanwhile, once more after that. */
	reload(id: AccountId): void {
		if (this.#reading.has(id)) {
			this.#reading.set(id, true)
			return
		}
		this.#reading.set(id, false)
		this.#read(id)
			// The sweep finds the change again when the database is back.
			.catch((error: unknown) => this.#logger.warn({ accountId: id, error: String(error) }, 'account not read'))
			.finally(() => {
				const again = this.#reading.get(id)
				this.#reading.delete(id)
				if (again && !this.#closed) this.reload(id)
			})
	}

	/** The accounts that the device is a line of. */
	reloadDevice(id: DeviceId): void {
		for (const account of this.#directory.accountsOfDevice(id)) this.reload(account)
	}

	close(): void {
		this.#closed = true
		if (this.#sweep !== undefined) this.#clock.clearTimer(this.#sweep)
	}

	async #read(id: AccountId): Promise<void> {
		const entry = await loadOne(this.#source, id)
		if (this.#closed) return
		if (entry) {
			this.#put(entry)
			return
		}
		const slot = this.#directory.remove(id)
		if (slot >= 0) this.#follower.removed(slot)
	}

	#put(entry: DirectoryEntry): void {
		const { id } = entry.account
		const before = this.#directory.get(id)?.account
		if (!before || !bindsElsewhere(before, entry.account)) {
			this.#follower.changed(this.#directory.put(entry), entry)
			return
		}
		const from = this.#directory.remove(id)
		this.#follower.moved(from, this.#directory.put(entry), { before, after: entry })
	}
}
