import type {
	AccountStore,
	BindingStore,
	CallStore,
	CredentialLife,
	DeviceStore,
	FencingTokens,
	ForegroundLeaseStore,
	PushAppStore,
	TenantSettingsStore,
	TenantStore,
} from '@vigil/domain'

/** The ports that the contract is about. */
export interface ContractStores {
	readonly accounts: AccountStore
	readonly bindings: BindingStore
	readonly calls: CallStore
	readonly credentials: CredentialLife
	readonly devices: DeviceStore
	readonly fencingTokens: FencingTokens
	readonly foregroundLeases: ForegroundLeaseStore
	readonly pushApps: PushAppStore
	readonly tenants: TenantStore
	readonly tenantSettings: TenantSettingsStore
}
