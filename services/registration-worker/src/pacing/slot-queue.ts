const COMPACT_FROM = 1024

/** First in, first out, of numbers. */
export class SlotQueue {
	#items: number[] = []
	#head = 0

	get size(): number {
		return this.#items.length - this.#head
	}

	push(slot: number): void {
		this.#items.push(slot)
	}

	shift(): number | undefined {
		const slot = this.#items[this.#head]
		if (slot === undefined) return undefined
		this.#head++
		if (this.#head === this.#items.length) {
			this.#items = []
			this.#head = 0
		} else if (this.#head >= COMPACT_FROM && this.#head * 2 > this.#items.length) {
			this.#items = this.#items.slice(this.#head)
			this.#head = 0
		}
		return slot
	}
}
