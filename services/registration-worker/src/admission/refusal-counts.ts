import type { Account, BudgetKind, BudgetRefusal, BudgetScope, RefusedCalls } from '@vigil/domain'

/** Refusals by the budget, since start. */
export interface RefusalTotal {
	readonly scope: BudgetScope
	readonly kind: BudgetKind
	readonly count: number
}

/** Entries that are told apart between two writes; refusals of further accounts are counted in the totals alone. */
const MOST = 10_000

/** Counts refused calls: a flood of them is one entry for each account and budget, however long it lasts. */
export class RefusalCounts {
	readonly #totals = new Map<string, RefusalTotal>()
	readonly #onCounted: () => void
	readonly #byAccount = new Map<string, RefusedCalls>()

	/** `onCounted` is called for each refusal that `taken` will tell of. */
	constructor(onCounted: () => void = () => {}) {
		this.#onCounted = onCounted
	}

	note({ id: accountId, tenantId }: Pick<Account, 'id' | 'tenantId'>, refusal: BudgetRefusal, wallMs: number): void {
		const { scope, kind } = refusal
		const budget = `${scope} ${kind}`
		this.#totals.set(budget, { scope, kind, count: (this.#totals.get(budget)?.count ?? 0) + 1 })
		this.#add({ accountId, tenantId, scope, kind, count: 1, firstAtMs: wallMs, lastAtMs: wallMs })
		this.#onCounted()
	}

	get totals(): readonly RefusalTotal[] {
		return [...this.#totals.values()]
	}

	/** What was counted since it was asked last. */
	taken(): readonly RefusedCalls[] {
		const counted = [...this.#byAccount.values()]
		this.#byAccount.clear()
		return counted
	}

	/** What was taken and could not be written is counted again, as far as there is room. */
	giveBack(counted: readonly RefusedCalls[]): void {
		for (const entry of counted) this.#add(entry)
	}

	#add(entry: RefusedCalls): void {
		const key = `${entry.accountId} ${entry.scope} ${entry.kind}`
		const known = this.#byAccount.get(key)
		if (!known && this.#byAccount.size >= MOST) return
		const count = (known?.count ?? 0) + entry.count
		const firstAtMs = Math.min(known?.firstAtMs ?? Infinity, entry.firstAtMs)
		const lastAtMs = Math.max(known?.lastAtMs ?? 0, entry.lastAtMs)
		this.#byAccount.set(key, { ...entry, count, firstAtMs, lastAtMs })
	}
}
