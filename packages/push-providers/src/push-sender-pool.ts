import type { PushApp, PushAppCredential, PushAttempt, PushOutcome, PushSender } from '@vigil/domain'
import { type Clock, type Egress, type Logger, realClock, silentLogger } from '@vigil/runtime'
import { type AppSender, UnusablePushAppError } from './app-sender.ts'
import { refusedEndpoint, toldOutcome } from './named-endpoint.ts'
import { senderOf } from './providers.ts'

const IDLE_MS = 10 * 60_000

/** Makes the sender of an app. @throws UnusablePushAppError */
export type MakeSender = (app: PushApp, credential: PushAppCredential) => AppSender

export interface PushSenderPoolOptions {
	readonly clock?: Clock
	readonly logger?: Logger
	/** Asked for endpoints that push apps name; default none is refused. */
	readonly egress?: Egress
	/** How long an app's connections stay open without a push, milliseconds; default ten minutes. */
	readonly idleMs?: number
	/** For tests; by default the one of its provider. */
	readonly makeSender?: MakeSender
}

interface Entry {
	readonly version: number
	readonly sender: Promise<AppSender>
	underWay: number
	lastUsedMs: number
	isReplaced: boolean
}

/** One sender per push app, made when it is first needed, replaced when the app's version rises, closed when idle. */
export class PushSenderPool implements PushSender {
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #egress: Egress | undefined
	readonly #idleMs: number
	readonly #makeSender: MakeSender
	readonly #entries = new Map<string, Entry>()
	#sweep: object | undefined
	#isClosed = false

	constructor(options: PushSenderPoolOptions = {}) {
		this.#clock = options.clock ?? realClock
		this.#logger = options.logger ?? silentLogger
		this.#egress = options.egress
		this.#idleMs = options.idleMs ?? IDLE_MS
		const context = { clock: this.#clock, ...(this.#egress && { egress: this.#egress }) }
		this.#makeSender = options.makeSender ?? (({ settings }, { secret }) => senderOf(settings, secret, context))
	}

	/** How many apps have a sender now. */
	get size(): number {
		return this.#entries.size
	}

	async send(app: PushApp, credential: () => Promise<PushAppCredential>, attempt: PushAttempt): Promise<PushOutcome> {
		const leftMs = attempt.deadlineMs - this.#clock.wall()
		if (leftMs <= 0) return { kind: 'expired', reason: 'the deadline was over before the push was sent' }
		const deadline = Promise.withResolvers<PushOutcome>()
		const timer = this.#clock.setTimer(leftMs, () =>
			deadline.resolve({ kind: 'expired', reason: 'the provider did not answer before the deadline' }),
		)
		try {
			return await Promise.race([this.#send(app, credential, attempt), deadline.promise])
		} finally {
			this.#clock.clearTimer(timer)
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true
		if (this.#sweep) this.#clock.clearTimer(this.#sweep)
		const entries = [...this.#entries.values()]
		this.#entries.clear()
		await Promise.all(entries.map((entry) => this.#closeSender(entry)))
	}

	async #send(app: PushApp, credential: () => Promise<PushAppCredential>, attempt: PushAttempt): Promise<PushOutcome> {
		if (this.#isClosed) return { kind: 'retry', reason: 'the sender is closed' }
		const entry = this.#entryOf(app, credential)
		entry.underWay++
		try {
			const sender = await entry.sender
			return refusedEndpoint(app, this.#egress) ?? toldOutcome(app, await sender.send(attempt), this.#logger)
		} catch (error) {
			this.#forget(app.id, entry)
			return this.#unavailable(app, error)
		} finally {
			entry.underWay--
			entry.lastUsedMs = this.#clock.now()
			if (entry.isReplaced && entry.underWay === 0) void this.#closeSender(entry)
		}
	}

	#entryOf(app: PushApp, credential: () => Promise<PushAppCredential>): Entry {
		const known = this.#entries.get(app.id)
		// An older version than ours comes from a job that was read before the change; the newer sender serves it too.
		if (known && known.version >= app.version) return known
		const sender = credential().then((opened) => this.#makeSender(app, opened))
		// Whoever waits for the sender hears of the failure; nobody may be waiting any more.
		sender.catch(() => {})
		const entry: Entry = { version: app.version, sender, underWay: 0, lastUsedMs: this.#clock.now(), isReplaced: false }
		this.#entries.set(app.id, entry)
		if (known) this.#replace(known)
		this.#sweepLater()
		return entry
	}

	/** The old sender finishes what it has begun. */
	#replace(entry: Entry): void {
		entry.isReplaced = true
		if (entry.underWay === 0) void this.#closeSender(entry)
	}

	#forget(appId: string, entry: Entry): void {
		if (this.#entries.get(appId) === entry) this.#entries.delete(appId)
	}

	#unavailable(app: PushApp, error: unknown): PushOutcome {
		const isUnusable = error instanceof UnusablePushAppError
		const reason = isUnusable ? error.message : 'the credential of the push app cannot be read'
		const cause = error instanceof Error ? error.name : typeof error
		this.#logger.warn({ pushAppId: app.id, version: app.version, reason, cause }, 'push app cannot be used')
		return { kind: isUnusable ? 'misconfigured' : 'retry', reason }
	}

	async #closeSender(entry: Entry): Promise<void> {
		try {
			await (await entry.sender).close()
		} catch {
			// It was never made, or its connections are gone already: either way there is nothing left to close.
		}
	}

	#sweepLater(): void {
		if (this.#sweep || this.#isClosed || this.#entries.size === 0) return
		this.#sweep = this.#clock.setTimer(this.#idleMs, () => {
			this.#sweep = undefined
			this.#closeIdle()
			this.#sweepLater()
		})
		// A process that has nothing else to do may end.
		;(this.#sweep as { unref?: () => void }).unref?.()
	}

	#closeIdle(): void {
		const before = this.#clock.now() - this.#idleMs
		for (const [appId, entry] of this.#entries) {
			if (entry.underWay > 0 || entry.lastUsedMs > before) continue
			this.#entries.delete(appId)
			void this.#closeSender(entry)
		}
	}
}
