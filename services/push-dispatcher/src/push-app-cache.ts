import {
	BoundedMap,
	type PushApp,
	type PushAppCredential,
	type PushAppId,
	type PushAppStore,
	type TenantId,
} from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'

export interface OpenedPushApp {
	readonly app: PushApp
	readonly credential: PushAppCredential
}

interface Kept {
	readonly opened: OpenedPushApp
	readonly readAtMs: number
	/** It was changed since. */
	isStale: boolean
}

/** Apps kept at most; the one that was opened first goes first. */
const MOST_KEPT = 10_000
/** A change whose news was lost is seen by then. */
const MAX_AGE_MS = 30_000
/** A push for an app that was changed just now waits this long for what it is now. */
const PATIENCE_MS = 250

/**
 * Push apps with their opened credentials, in memory, so that a call is pushed while the store is away. News of a change has an app
 * read again, and so does its age, behind the pushes' back.
 */
export class PushAppCache {
	readonly #store: Pick<PushAppStore, 'newest' | 'open'>
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #kept = new BoundedMap<PushAppId, Kept>(MOST_KEPT)
	readonly #opening = new Map<PushAppId, Promise<OpenedPushApp | undefined>>()

	constructor(store: Pick<PushAppStore, 'newest' | 'open'>, clock: Clock, logger: Logger) {
		this.#store = store
		this.#clock = clock
		this.#logger = logger
	}

	/** Opens what there is. Throws what the store throws. */
	async fill(): Promise<void> {
		for (const { id } of await this.#store.newest(MOST_KEPT)) await this.#open(id)
	}

	/** The app was changed, or is new. */
	changed(id: PushAppId): void {
		const kept = this.#kept.get(id)
		if (kept) kept.isStale = true
		this.#opening.delete(id)
		this.#refresh(id)
	}

	/** Undefined when the tenant has no such app. Throws what the store throws where the app is not in memory. */
	async get(tenantId: TenantId, id: PushAppId): Promise<OpenedPushApp | undefined> {
		const opened = await this.#present(id)
		return opened?.app.tenantId === tenantId ? opened : undefined
	}

	async #present(id: PushAppId): Promise<OpenedPushApp | undefined> {
		const kept = this.#kept.get(id)
		if (!kept) return this.#open(id)
		if (kept.isStale) return this.#inTime(this.#open(id), kept.opened)
		if (this.#clock.now() - kept.readAtMs > MAX_AGE_MS) this.#refresh(id)
		return kept.opened
	}

	#refresh(id: PushAppId): void {
		this.#open(id).catch((error: unknown) => {
			this.#logger.info({ pushAppId: id, error: String(error) }, 'push app not read again')
		})
	}

	#open(id: PushAppId): Promise<OpenedPushApp | undefined> {
		const underWay = this.#opening.get(id)
		if (underWay) return underWay
		const opening = this.#store.open(id).then((opened) => {
			// What was asked before a change says nothing of it.
			if (this.#opening.get(id) === opening) this.#keep(id, opened)
			return opened
		})
		this.#opening.set(id, opening)
		const end = () => {
			if (this.#opening.get(id) === opening) this.#opening.delete(id)
		}
		opening.then(end, end)
		return opening
	}

	#keep(id: PushAppId, opened: OpenedPushApp | undefined): void {
		if (opened) this.#kept.set(id, { opened, readAtMs: this.#clock.now(), isStale: false })
		else this.#kept.delete(id)
	}

	async #inTime(
		opening: Promise<OpenedPushApp | undefined>,
		otherwise: OpenedPushApp,
	): Promise<OpenedPushApp | undefined> {
		const late = Promise.withResolvers<OpenedPushApp>()
		const timer = this.#clock.setTimer(PATIENCE_MS, () => late.resolve(otherwise))
		try {
			return await Promise.race([opening.catch(() => otherwise), late.promise])
		} finally {
			this.#clock.clearTimer(timer)
		}
	}
}
