import type { PushAppId, TenantId } from '../ids.ts'
import type { PushApp, PushAppCredential, PushAppHealth, PushAppOutcome, PushAppSettings } from '../push/push-app.ts'
import type { Secret } from '../secret.ts'
import type { Page, PageRequest } from './page.ts'

export interface PushAppStore {
	/** Throws `DuplicateError` when the tenant uses the name already. */
	create(tenantId: TenantId, name: string, settings: PushAppSettings, secret: Secret): Promise<PushApp>
	find(tenantId: TenantId, id: PushAppId): Promise<PushApp | undefined>
	/** Those of the tenant's push apps that have one of these names, in no order. */
	findNamed(tenantId: TenantId, names: readonly string[]): Promise<readonly PushApp[]>
	/** Those of the push apps that the tenant has, in no order. */
	findMany(tenantId: TenantId, ids: readonly PushAppId[]): Promise<readonly PushApp[]>
	/** Oldest first. */
	list(tenantId: TenantId, page: PageRequest): Promise<Page<PushApp>>
	/** Replaces settings and, when given, the secret; raises the version. */
	change(tenantId: TenantId, id: PushAppId, settings: PushAppSettings, secret?: Secret): Promise<PushApp | undefined>
	remove(tenantId: TenantId, id: PushAppId): Promise<boolean>
	/** Takes down how the pushes through an app fare; one that was removed meanwhile is passed over. */
	noteOutcome(app: Pick<PushApp, 'id' | 'tenantId'>, outcome: PushAppOutcome): Promise<void>
	/** Apps that nothing was pushed through have no entry. */
	health(tenantId: TenantId, ids: readonly PushAppId[]): Promise<ReadonlyMap<PushAppId, PushAppHealth>>
	/** For the dispatcher: apps of all tenants, the youngest first, at most `limit`. */
	newest(limit: number): Promise<readonly Pick<PushApp, 'id' | 'tenantId'>[]>
	/** For the dispatcher: the app with its opened credential. */
	open(id: PushAppId): Promise<{ readonly app: PushApp; readonly credential: PushAppCredential } | undefined>
}
