import type { AccountId, TenantId } from '../ids.ts'

/** What a run of retention has deleted. */
export interface Deleted {
	readonly calls: number
	readonly events: number
}

/** The right to do what one process does at a time. It runs out ten minutes after it was taken or renewed last. */
export interface Turn {
	/** Renews it; false when it had run out and another process has it, so that this one has to stop. */
	renew(): Promise<boolean>
}

/** An account that is gone and whose calls still name their callers. */
export interface Forgetting {
	readonly tenantId: TenantId
	readonly accountId: AccountId
}

/** Ends the life of evidence. */
export interface Retention {
	/**
	 * Runs the work if no other process runs it on the database at this moment; false when one does. A process that dies lets go of
	 * its turn by itself. Work that lasts renews its turn between its steps.
	 */
	exclusively(work: (turn: Turn) => Promise<void>): Promise<boolean>
	/**
	 * Deletes ended calls of the tenant that began before the instant, with their timelines: at most `limit` of them, the oldest
	 * first. Both are 0 when none are left.
	 */
	deleteCalls(tenantId: TenantId, beforeMs: number, limit: number): Promise<Deleted>
	/** Deletes events of before the instant whose call is not there, at most `limit`; how many there were. */
	deleteOrphans(beforeMs: number, limit: number): Promise<number>
	/** Accounts removed with the demand that their callers be forgotten, where that is not done: the first ones after `after`, by account. */
	forgettings(after: AccountId | undefined, limit: number): Promise<readonly Forgetting[]>
	/**
	 * Takes out of at most `limit` ended calls of an account what names who called and who was called; how many there were. When there
	 * are none left, and no call of it goes on, the demand is done with. Broken off anywhere, it is gone on with.
	 */
	forgetCallers(forgetting: Forgetting, limit: number): Promise<number>
}
