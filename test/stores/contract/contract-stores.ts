import type {
	AccountStore,
	BindingStore,
	CallStore,
	CredentialLife,
	DeviceStore,
	LeaseEpochs,
	LeaseStore,
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
	readonly leaseEpochs: LeaseEpochs
	readonly leases: LeaseStore
	readonly pushApps: PushAppStore
	readonly tenants: TenantStore
	readonly tenantSettings: TenantSettingsStore
}
