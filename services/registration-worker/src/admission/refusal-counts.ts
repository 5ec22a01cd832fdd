import type { Account, AccountId, BudgetKind, BudgetRefusal, BudgetScope, TenantId } from '@vigil/domain'

/** How often one budget refused calls of one account, and when. */
export interface RefusedCalls {
	readonly accountId: AccountId
	readonly tenantId: TenantId
	readonly scope: BudgetScope
	readonly kind: BudgetKind
	readonly count: number
	/** Epoch milliseconds by the wall clock. */
	readonly firstAtMs: number
	readonly lastAtMs: number
}

/** Refusals by the budget, since start. */
export interface RefusalTotal {
	readonly scope: BudgetScope
	readonly kind: BudgetKind
	readonly count: number
}

/** Accounts whose refusals are told apart between two writes; those of further ones are counted in the totals alone. */
const MOST_ACCOUNTS = 10_000

/** Counts refused calls: a flood of them is one entry for each account and budget, however long it lasts. */
export class RefusalCounts {
	readonly #totals = new Map<string, RefusalTotal>()
	#byAccount = new Map<string, RefusedCalls>()

	note({ id: accountId, tenantId }: Pick<Account, 'id' | 'tenantId'>, refusal: BudgetRefusal, wallMs: number): void {
		const { scope, kind } = refusal
		const budget = `${scope} ${kind}`
		this.#totals.set(budget, { scope, kind, count: (this.#totals.get(budget)?.count ?? 0) + 1 })
		const key = `${accountId} ${budget}`
		const known = this.#byAccount.get(key)
		if (!known && this.#byAccount.size >= MOST_ACCOUNTS) return
		const count = (known?.count ?? 0) + 1
		const firstAtMs = known?.firstAtMs ?? wallMs
		this.#byAccount.set(key, { accountId, tenantId, scope, kind, count, firstAtMs, lastAtMs: wallMs })
	}

	get totals(): readonly RefusalTotal[] {
		return [...this.#totals.values()]
	}

	/** What was counted since it was asked last. */
	taken(): readonly RefusedCalls[] {
		const counted = [...this.#byAccount.values()]
		this.#byAccount = new Map()
		return counted
	}
}
