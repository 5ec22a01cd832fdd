import { BoundedMap, type BudgetRefusal } from '@vigil/domain'

interface Entry {
	readonly refusal: BudgetRefusal
	readonly untilMs: number
}

/** RFC 3261 17.1.1.2: how long a client repeats an INVITE over UDP. */
const REPEATED_FOR_MS = 32_000
/** Beyond it the oldest go, which were repeated least likely. */
const MOST = 10_000

/**
 * INVITEs that were refused without state a moment ago. A copy that crossed the refusal must hear the same (RFC 3261 8.2.7): a call
 * made of it would wake a phone for a caller who has gone.
 */
export class RecentRefusals {
	readonly #byKey = new BoundedMap<string, Entry>(MOST)

	/** `key` is that of the transaction which there is not. */
	find(key: string, nowMs: number): BudgetRefusal | undefined {
		const entry = this.#byKey.get(key)
		return entry && entry.untilMs > nowMs ? entry.refusal : undefined
	}

	add(key: string, refusal: BudgetRefusal, nowMs: number): void {
		this.#byKey.set(key, { refusal, untilMs: nowMs + REPEATED_FOR_MS })
	}
}
