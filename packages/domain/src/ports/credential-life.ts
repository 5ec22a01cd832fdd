import type { CredentialTimes } from '../credentials/schedule.ts'
import type { AccountId, DeviceId, TenantId } from '../ids.ts'

/** What is known of an account's credential without opening it. */
export interface CredentialState {
	readonly accountId: AccountId
	/** Absent when none is stored. */
	readonly kind?: 'password' | 'ha1'
	/** When the stored one was handed in, epoch milliseconds. */
	readonly sinceMs?: number
	/** When a device of the account was last heard of, epoch milliseconds. */
	readonly lastContactMs?: number
	/** When the tenant was warned of the present silence, epoch milliseconds, oldest first. */
	readonly warnedAtMs: readonly number[]
	/** When and why the last one was deleted; absent while one is stored. */
	readonly deletedAtMs?: number
	readonly deletedBecause?: 'push-off' | 'inactive'
}

/** A stored credential whose account has been silent. */
export interface SilentCredential extends CredentialTimes {
	readonly accountId: AccountId
}

/** A device that was heard of; without its tenant where that is not known. */
export interface HeardDevice {
	readonly id: DeviceId
	readonly tenantId?: TenantId
}

/** How long credentials live: contacts of devices, warnings, deletion. */
export interface CredentialLife {
	/** Accounts that the tenant does not have are left out. */
	states(tenantId: TenantId, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, CredentialState>>
	/**
	 * Takes down that the device was heard of (the edge knows no tenant of it), for itself and its accounts; ends a silence and its warnings. True when it
	 * wrote, which it does at most once in `CONTACT_NOTED_EVERY_MS`: call it at every contact.
	 */
	noteContact(device: HeardDevice, atMs: number): Promise<boolean>
	/** Stored credentials of a tenant whose silence began at the instant or before, in batches. */
	silent(tenantId: TenantId, sinceMs: number, batchSize: number): AsyncIterable<readonly SilentCredential[]>
	/** Takes down a warning; false when the silence has ended or another process was first. */
	recordWarning(tenantId: TenantId, credential: SilentCredential, atMs: number): Promise<boolean>
	/** Deletes the credential and turns push off; false when the silence has ended or another process was first. */
	deleteSilent(tenantId: TenantId, credential: SilentCredential, atMs: number): Promise<boolean>
}
