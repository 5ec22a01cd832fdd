import type { PushApp, PushAppCredential, PushAppId, PushAppStore, TenantId } from '@vigil/domain'

export interface OpenedPushApp {
	readonly app: PushApp
	readonly credential: PushAppCredential
}

/**
 * Push apps with their opened credentials, one version of each. The app's row is read for every push, so that a changed
 * credential is used at once; opening it happens once a version.
 */
export class PushAppCache {
	readonly #store: Pick<PushAppStore, 'find' | 'open'>
	readonly #opened = new Map<PushAppId, OpenedPushApp>()

	constructor(store: Pick<PushAppStore, 'find' | 'open'>) {
		this.#store = store
	}

	/** Undefined when the tenant has no such app. Throws what the store throws. */
	async get(tenantId: TenantId, id: PushAppId): Promise<OpenedPushApp | undefined> {
		const known = this.#opened.get(id)
		const current = known && (await this.#store.find(tenantId, id))
		if (known && known.app.version === current?.version) return known
		return this.#open(tenantId, id)
	}

	async #open(tenantId: TenantId, id: PushAppId): Promise<OpenedPushApp | undefined> {
		const opened = await this.#store.open(id)
		if (opened?.app.tenantId !== tenantId) {
			this.#opened.delete(id)
			return undefined
		}
		this.#opened.set(id, opened)
		return opened
	}
}
