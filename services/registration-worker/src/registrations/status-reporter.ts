import type { AccountId, AccountStore, AuthenticationChange, OwnedStatus, RegistrationStatus } from '@vigil/domain'
import { type Clock, type Logger, toWall } from '@vigil/runtime'
import type { WorkerSignals } from '../worker-ports.ts'

const RETRY_MS = 1000
/** After a batch of n the next one waits so long for each of n, so that a flood comes in few large statements. */
const REST_PER_STATUS_MS = 2
const LONGEST_REST_MS = 500
/** Statuses written by one statement. */
const MOST_AT_ONCE = 2000

/** Larger batches are told only of accounts that somebody may wait for. */
const MOST_TOLD = 16
/** States on the way to another. */
const PASSING: ReadonlySet<RegistrationStatus['state']> = new Set(['registering', 'unregistering'])

/** What is written of one account. */
export type ReportedStatus = readonly [id: AccountId, owned: OwnedStatus]

/** Writes status changes in batches and tells the other parts of the service; only the newest of an account counts. */
export class StatusReporter {
	readonly #accounts: Pick<AccountStore, 'saveStatuses'>
	readonly #signals: Pick<WorkerSignals, 'publish'>
	readonly #read: (slot: number) => ReportedStatus | undefined
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #changed = new Set<number>()
	readonly #expected = new Set<number>()
	#writing: Promise<void> | undefined
	#hurry: (() => void) | undefined
	/** Somebody waits for the end: no rests until then. */
	#flushing = false

	/** `read` gives the newest status of a slot, nothing for one that is gone. */
	constructor(
		accounts: Pick<AccountStore, 'saveStatuses'>,
		signals: Pick<WorkerSignals, 'publish'>,
		read: (slot: number) => ReportedStatus | undefined,
		clock: Clock,
		logger: Logger,
	) {
		this.#accounts = accounts
		this.#signals = signals
		this.#read = read
		this.#clock = clock
		this.#logger = logger
	}

	/** The account was changed just now: whoever changed it may wait for what comes of it. */
	expect(slot: number): void {
		this.#expected.add(slot)
	}

	report(slot: number): void {
		this.#changed.add(slot)
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined
		})
	}

	/** Resolves when everything reported so far is written. */
	async flush(): Promise<void> {
		this.#flushing = true
		this.#hurry?.()
		await this.#writing
		this.#flushing = false
	}

	async #writeAll(): Promise<void> {
		// Lets the rest of the present turn of the loop be said first.
		await Promise.resolve()
		while (this.#changed.size > 0) {
			const slots = this.#take()
			const batch = new Map<AccountId, OwnedStatus>()
			const told = new Map<AccountId, OwnedStatus>()
			for (const slot of slots) this.#collect(slot, batch, told)
			try {
				if (batch.size > 0) await this.#accounts.saveStatuses(batch)
			} catch (error) {
				this.#logger.warn({ error: String(error), accounts: batch.size }, 'statuses not written, will try again')
				for (const slot of slots) this.#changed.add(slot)
				// Who starts next writes what is then.
				if (this.#flushing) return
				await this.#rest(RETRY_MS)
				continue
			}
			await Promise.all([...(batch.size > MOST_TOLD ? told : batch)].map(([id, { status }]) => this.#tell(id, status)))
			if (batch.size > 1 && !this.#flushing)
				await this.#rest(Math.min(LONGEST_REST_MS, batch.size * REST_PER_STATUS_MS))
		}
	}

	#collect(slot: number, batch: Map<AccountId, OwnedStatus>, told: Map<AccountId, OwnedStatus>): void {
		const read = this.#read(slot)
		if (!read) {
			this.#expected.delete(slot)
			return
		}
		const [id, { tenantId, status: own }] = read
		const status = inWallTime(this.#clock, own)
		const owned = { tenantId, status }
		batch.set(id, owned)
		if (!this.#expected.has(slot)) return
		told.set(id, owned)
		if (!PASSING.has(status.state)) this.#expected.delete(slot)
	}

	#take(): number[] {
		const slots: number[] = []
		for (const slot of this.#changed) {
			if (slots.length >= MOST_AT_ONCE) break
			slots.push(slot)
			this.#changed.delete(slot)
		}
		return slots
	}

	#rest(ms: number): Promise<void> {
		return new Promise<void>((resolve) => {
			const timer = this.#clock.setTimer(ms, resolve)
			this.#hurry = () => {
				this.#clock.clearTimer(timer)
				resolve()
			}
		})
	}

	// A nudge for who waits for this account; the database has the truth, and whoever waits looks there now and then.
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

/** Its instants are for others to read. */
function inWallTime(clock: Clock, status: RegistrationStatus): RegistrationStatus {
	const { sinceMs, nextAttemptMs, authentication } = status
	const next = nextAttemptMs === undefined ? {} : { nextAttemptMs: toWall(clock, nextAttemptMs) }
	const change = authentication?.change
	const changed = change && { authentication: { ...authentication, change: inWall(clock, change) } }
	return { ...status, sinceMs: toWall(clock, sinceMs), ...next, ...changed }
}

function inWall(clock: Clock, change: AuthenticationChange): AuthenticationChange {
	return { ...change, atMs: toWall(clock, change.atMs) }
}
