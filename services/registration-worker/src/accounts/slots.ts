/** Numbers for accounts: small, dense, used again when they become free, so that flat arrays can be indexed by them. */
export class Slots {
	readonly #free: number[] = []
	#next = 0

	/** One more than the highest slot in use so far. */
	get span(): number {
		return this.#next
	}

	take(): number {
		return this.#free.pop() ?? this.#next++
	}

	release(slot: number): void {
		this.#free.push(slot)
	}
}
