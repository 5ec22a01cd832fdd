import type { AccountId, TenantId } from '../ids.ts'

/** What a run of retention has deleted. */
export interface Deleted {
	readonly calls: number
	readonly events: number
}

/** Ends the life of evidence. */
export interface Retention {
	/**
	 * Runs the work if no other process runs it on the database at this moment; false when one does. A process that dies lets go of
	 * its turn by itself.
	 */
	exclusively(work: () => Promise<void>): Promise<boolean>
	/**
	 * Deletes ended calls of the tenant that began before the instant, with their timelines: at most `limit` of them, the oldest
	 * first. Both are 0 when none are left.
	 */
	deleteCalls(tenantId: TenantId, beforeMs: number, limit: number): Promise<Deleted>
	/** Deletes events of before the instant whose call is not there, at most `limit`; how many there were. */
	deleteOrphans(beforeMs: number, limit: number): Promise<number>
	/** Takes out of the calls of an account what names who called and who was called, in small batches; how many there were. */
	forgetCallers(tenantId: TenantId, accountId: AccountId): Promise<number>
}
