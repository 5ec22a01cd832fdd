import type { AccountLimits, TenantLimits, TrafficLimits } from './limits.ts'

/** Limits that the platform administrator has set for one tenant; what is absent holds as the process says. */
export type StatedTenantLimits = Partial<TenantLimits>

/** Limits that a tenant has set for one of its accounts. */
export type StatedAccountLimits = Partial<AccountLimits>

/** A change of limits; absent ones stay, `null` goes back to what the process says. */
export type LimitsChange<Limits> = { readonly [Name in keyof Limits]?: Limits[Name] | null | undefined }

/** What holds for all accounts of a tenant together, and for one of them. */
export interface CallingLimits {
	readonly account: TrafficLimits
	readonly tenant: TrafficLimits
}

const TRAFFIC = ['heldCalls', 'callsPerSecond', 'pushesPerSecond', 'outgoingCalls'] as const

/** The tenant's limit that an account's must not go beyond. */
const TENANT_LIMIT_OF: Readonly<Record<keyof AccountLimits, keyof TenantLimits>> = {
	heldCalls: 'heldCalls',
	callsPerSecond: 'callsPerSecond',
	pushesPerSecond: 'pushesPerSecond',
	outgoingCalls: 'outgoingCalls',
	devices: 'devicesPerAccount',
}

/**
 * What holds for an account: what is stated for it, else the process's, and in no case more than its tenant may. `defaults` are the
 * process's; they are given back as they are where nothing is stated, which is the rule.
 */
export function callingLimits(
	defaults: CallingLimits,
	ofTenant: StatedTenantLimits | undefined,
	ofAccount: StatedAccountLimits | undefined,
): CallingLimits {
	if (!ofTenant && !ofAccount) return defaults
	const tenant = { ...defaults.tenant, ...ofTenant }
	const account = { ...defaults.account, ...ofAccount }
	for (const name of TRAFFIC) account[name] = Math.min(account[name], tenant[name])
	return { account, tenant }
}

/** Devices that an account may have: what it states, and no more than the tenant has for each account. */
export function devicesOfAccount(
	{ devicesPerAccount }: Pick<TenantLimits, 'devicesPerAccount'>,
	ofAccount: StatedAccountLimits = {},
): number {
	return Math.min(ofAccount.devices ?? devicesPerAccount, devicesPerAccount)
}

/** A limit wanted for an account that its tenant does not have itself. */
export interface LimitBeyondTenant {
	readonly name: keyof AccountLimits
	/** What the tenant may. */
	readonly most: number
}

/** The limits wanted for an account that are beyond its tenant's. */
export function limitsBeyond(wanted: LimitsChange<AccountLimits>, tenant: TenantLimits): readonly LimitBeyondTenant[] {
	const names = Object.keys(TENANT_LIMIT_OF) as (keyof AccountLimits)[]
	return names.flatMap((name) => {
		const most = tenant[TENANT_LIMIT_OF[name]]
		return (wanted[name] ?? 0) > most ? [{ name, most }] : []
	})
}
