import type { ApiKeyId, TenantId } from '../ids.ts'
import type { Page, PageRequest } from './page.ts'

export interface Tenant {
	readonly id: TenantId
	readonly name: string
	readonly createdAtMs: number
}

export interface ApiKey {
	readonly id: ApiKeyId
	readonly tenantId: TenantId
	readonly name: string
	readonly createdAtMs: number
	readonly revokedAtMs?: number
}

/** Keys are kept as SHA-256 digests; the caller makes the key and shows it once. */
export interface TenantStore {
	create(name: string): Promise<Tenant>
	find(id: TenantId): Promise<Tenant | undefined>
	list(page: PageRequest): Promise<Page<Tenant>>
	createApiKey(tenantId: TenantId, name: string, digest: string): Promise<ApiKey>
	/** Oldest first, revoked ones as well. */
	listApiKeys(tenantId: TenantId, page: PageRequest): Promise<Page<ApiKey>>
	revokeApiKey(tenantId: TenantId, id: ApiKeyId): Promise<boolean>
	/** The live key with this digest. */
	findApiKey(digest: string): Promise<ApiKey | undefined>
}
