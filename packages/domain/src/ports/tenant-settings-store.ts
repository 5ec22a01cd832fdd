import type { InviteRules, InviteSource } from '../account/invite-source.ts'
import type { TenantId } from '../ids.ts'

/** What a tenant decides for all its accounts and devices. */
export interface TenantSettings {
	/** Days without contact from any device of an account after which its credential is deleted; 0 for never. */
	readonly credentialInactivityDays: number
	/** Lease of a foreground statement that asks for none, seconds; 0 for none. */
	readonly foregroundLeaseSeconds: number
	/** Days that calls and their timelines are kept. */
	readonly retentionDays: number
	/** Whether the calls of an account lose what names who called and who was called when the account is removed. */
	readonly forgetCallers: boolean
	/** Where INVITEs are taken from, for accounts that do not say. */
	readonly inviteSource: InviteSource
	/** Networks that INVITEs may come from where they are taken from the registrar only. */
	readonly inviteNetworks: readonly string[]
}

export const DEFAULT_TENANT_SETTINGS: TenantSettings = {
	credentialInactivityDays: 30,
	foregroundLeaseSeconds: 0,
	retentionDays: 90,
	forgetCallers: false,
	inviteSource: 'any',
	inviteNetworks: [],
}

/** A change of settings; absent ones stay, `null` goes back to the platform's. */
export type TenantSettingsChange = { readonly [Name in keyof TenantSettings]?: TenantSettings[Name] | null }

export interface TenantSettingsStore {
	/** What the tenant has set itself; the rest is the platform's to say. */
	stated(tenantId: TenantId): Promise<Partial<TenantSettings>>
	/** Applies the change and gives what the tenant has set then. */
	change(tenantId: TenantId, change: TenantSettingsChange): Promise<Partial<TenantSettings>>
	/** For the owners of accounts: where INVITEs are taken from, for every tenant that says something of it. */
	inviteRules(): Promise<ReadonlyMap<TenantId, InviteRules>>
}
