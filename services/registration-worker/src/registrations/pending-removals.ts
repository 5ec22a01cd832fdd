/** Removed accounts whose bindings are still being removed, and what runs when that is done. */
export class PendingRemovals {
	readonly #slots = new Map<number, (() => void) | undefined>()

	begin(slot: number): void {
		this.#slots.set(slot, undefined)
	}

	has(slot: number): boolean {
		return this.#slots.has(slot)
	}

	/** Calls back when the slot has gone, at once where it is not here. */
	whenGone(slot: number, fn: () => void): void {
		if (this.#slots.has(slot)) this.#slots.set(slot, fn)
		else fn()
	}

	/** Takes the slot out; who waited is to be called when all of it is cleared away. */
	end(slot: number): () => void {
		const waiting = this.#slots.get(slot)
		this.#slots.delete(slot)
		return () => waiting?.()
	}
}
