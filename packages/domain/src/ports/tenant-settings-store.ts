import type { InviteRules, InviteSource } from '../account/invite-source.ts'
import { DEFAULT_TENANT_LIMITS, type TenantLimits } from '../budget/limits.ts'
import type { LimitsChange, StatedTenantLimits } from '../budget/stated-limits.ts'
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
	/** What its accounts may have and do together; the platform administrator sets it. */
	readonly limits: TenantLimits
}

export const DEFAULT_TENANT_SETTINGS: TenantSettings = {
	credentialInactivityDays: 30,
	foregroundLeaseSeconds: 0,
	retentionDays: 90,
	forgetCallers: false,
	inviteSource: 'any',
	inviteNetworks: [],
	limits: DEFAULT_TENANT_LIMITS,
}

/** What a tenant has of its own; the rest is the platform's to say. */
export type StatedTenantSettings = Partial<Omit<TenantSettings, 'limits'>> & { readonly limits?: StatedTenantLimits }

/** A change of settings; absent ones stay, `null` goes back to the platform's. Limits are changed one by one. */
export type TenantSettingsChange = {
	readonly [Name in Exclude<keyof TenantSettings, 'limits'>]?: TenantSettings[Name] | null
} & { readonly limits?: LimitsChange<TenantLimits> | null }

/** What the owners of a tenant's accounts have to know of its settings. */
export interface TenantRules extends InviteRules {
	readonly limits?: StatedTenantLimits
}

export interface TenantSettingsStore {
	/** What the tenant has set itself; the rest is the platform's to say. */
	stated(tenantId: TenantId): Promise<StatedTenantSettings>
	/** Applies the change and gives what the tenant has set then. */
	change(tenantId: TenantId, change: TenantSettingsChange): Promise<StatedTenantSettings>
	/** For the owners of accounts: where INVITEs are taken from, and limits, for every tenant that has something of its own there. */
	rules(): Promise<ReadonlyMap<TenantId, TenantRules>>
}
