import type { TenantId } from '../ids.ts'

/** An answer as it is repeated. */
export interface StoredResponse {
	readonly status: number
	readonly body: string
	readonly contentType?: string
	readonly location?: string
}

/** `new` go on; `running` the first request with this key is under way; `different` the key was used for another request. */
export type IdempotencyClaim =
	| { readonly kind: 'new' }
	| { readonly kind: 'running' }
	| { readonly kind: 'different' }
	| { readonly kind: 'done'; readonly response: StoredResponse }

/** A key, and whose it is: a tenant's keys push out no other's. */
export interface IdempotencyKey {
	/** Absent for the administrator, and for who has no credential yet. */
	readonly tenantId?: TenantId
	/** Everything that the key belongs to: caller, route and the key itself. */
	readonly text: string
}

/** Keys of one tenant at most; beyond it its own oldest go. */
export const MOST_IDEMPOTENCY_KEYS = 10_000

/** Remembers the answers of writes for a day, by the key that the client gave them; sealed, for answers hold what is shown once. */
export interface IdempotencyStore {
	/** Claims the key for a request; `fingerprint` tells requests apart. A claim that nothing came of lapses after five minutes. */
	claim(key: IdempotencyKey, fingerprint: string): Promise<IdempotencyClaim>
	/** Keeps the answer for those who ask again. */
	finish(key: IdempotencyKey, response: StoredResponse): Promise<void>
	/** Forgets the claim, so that the request can be tried anew. */
	abandon(key: IdempotencyKey): Promise<void>
}
