import type {
	AccountStore,
	BindingStore,
	CallStore,
	CredentialLife,
	DeviceStore,
	FencingTokens,
	ForegroundLeaseStore,
	IdempotencyStore,
	PushAppStore,
	RefusalStore,
	Retention,
	TenantSettingsStore,
	TenantStore,
} from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { accountStore } from './account-store.ts'
import { bindingStore } from './binding-store.ts'
import { callStore } from './call-store.ts'
import { credentialLife } from './credential-life.ts'
import { deviceStore } from './device-store.ts'
import { fencingTokens } from './fencing-tokens.ts'
import { foregroundLeaseStore } from './foreground-lease-store.ts'
import { idempotencyStore } from './idempotency-store.ts'
import { pushAppStore } from './push-app-store.ts'
import { refusalStore } from './refusal-store.ts'
import { retentionStore } from './retention-store.ts'
import { tenantSettingsStore } from './tenant-settings-store.ts'
import { tenantStore } from './tenant-store.ts'

/** Every port of the domain that keeps something. */
export interface Stores {
	readonly accounts: AccountStore
	readonly credentials: CredentialLife
	readonly tenants: TenantStore
	readonly tenantSettings: TenantSettingsStore
	readonly pushApps: PushAppStore
	readonly devices: DeviceStore
	readonly bindings: BindingStore
	readonly calls: CallStore
	readonly idempotency: IdempotencyStore
	readonly foregroundLeases: ForegroundLeaseStore
	readonly refusals: RefusalStore
	readonly retention: Retention
	readonly fencingTokens: FencingTokens
}

/**
 * The repositories on a migrated database. What a port scopes by tenant runs as the tenant, under row-level security; the
 * rest runs as the service. Times that a port does not ask for are the database's.
 */
export function createStores(database: Database, keyRing: KeyRing): Stores {
	return {
		accounts: accountStore(database, keyRing),
		credentials: credentialLife(database),
		tenants: tenantStore(database),
		tenantSettings: tenantSettingsStore(database),
		pushApps: pushAppStore(database, keyRing),
		devices: deviceStore(database, keyRing),
		bindings: bindingStore(database),
		calls: callStore(database),
		idempotency: idempotencyStore(database, keyRing),
		foregroundLeases: foregroundLeaseStore(database),
		refusals: refusalStore(database),
		retention: retentionStore(database),
		fencingTokens: fencingTokens(database),
	}
}
