import type { BudgetKind, BudgetScope } from '../budget/call-admission.ts'
import type { AccountId, TenantId } from '../ids.ts'

/** How often one limit refused calls, and when. */
export interface Refusals {
	readonly scope: BudgetScope
	readonly kind: BudgetKind
	readonly count: number
	/** Epoch milliseconds by the wall clock. */
	readonly firstAtMs: number
	readonly lastAtMs: number
}

/** Those of calls of one account. */
export interface RefusedCalls extends Refusals {
	readonly accountId: AccountId
	readonly tenantId: TenantId
}

/** What limits have refused. */
export interface RefusalStore {
	/** For the owners of accounts: adds what was counted since, by one statement. Accounts that are gone are left out. */
	add(counted: readonly RefusedCalls[]): Promise<void>
	/** What was refused of each of the accounts, the latest first. */
	ofAccounts(tenantId: TenantId, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, readonly Refusals[]>>
	/** What was refused of all accounts of the tenant together, the latest first. */
	ofTenant(tenantId: TenantId): Promise<readonly Refusals[]>
}
