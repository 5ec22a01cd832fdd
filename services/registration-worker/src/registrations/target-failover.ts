import type { Clock } from '@vigil/runtime'

/** After so long an account asks its first server again. */
const RETURN_AFTER_MS = 600_000
const MOST = 255

/** Fail-over between the targets of RFC 3263: how many of them have failed an account, by slot. Accounts without failures take no memory. */
export class TargetFailover {
	readonly #clock: Clock
	readonly #skips = new Map<number, { readonly count: number; readonly untilMs: number }>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	of(slot: number): number {
		if (this.#skips.size === 0) return 0
		const skip = this.#skips.get(slot)
		if (skip === undefined || skip.untilMs > this.#clock.now()) return skip?.count ?? 0
		this.#skips.delete(slot)
		return 0
	}

	/** The target failed the account: the next one from now on. */
	next(slot: number): void {
		const untilMs = this.#clock.now() + RETURN_AFTER_MS
		this.#skips.set(slot, { count: (this.of(slot) + 1) % MOST, untilMs })
	}

	forget(slot: number): void {
		this.#skips.delete(slot)
	}
}
