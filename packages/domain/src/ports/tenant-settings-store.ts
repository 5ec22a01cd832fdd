import type { TenantId } from '../ids.ts'

/** What a tenant decides for all its accounts and devices. */
export interface TenantSettings {
	/** Days without contact from any device of an account after which its credential is deleted; 0 for never. */
	readonly credentialInactivityDays: number
	/** Lease of a foreground statement that asks for none, seconds; 0 for none. */
	readonly foregroundLeaseSeconds: number
}

export const DEFAULT_TENANT_SETTINGS: TenantSettings = { credentialInactivityDays: 30, foregroundLeaseSeconds: 0 }

/** A change of settings; absent ones stay, `null` goes back to the platform's. */
export type TenantSettingsChange = { readonly [Name in keyof TenantSettings]?: TenantSettings[Name] | null }

export interface TenantSettingsStore {
	/** What the tenant has set itself; the rest is the platform's to say. */
	stated(tenantId: TenantId): Promise<Partial<TenantSettings>>
	/** Applies the change and gives what the tenant has set then. */
	change(tenantId: TenantId, change: TenantSettingsChange): Promise<Partial<TenantSettings>>
}
