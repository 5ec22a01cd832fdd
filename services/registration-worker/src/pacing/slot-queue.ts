/** Room of a queue at rest; a power of two, as every other room. */
const LEAST_ROOM = 64
/** What a start has made larger than this is given back when the queue is empty. */
const MOST_KEPT = 4096

/** First in, first out, of slots: a ring in a flat array, which takes no fresh memory for those who come and go at once. */
export class SlotQueue {
	#ring = new Int32Array(LEAST_ROOM)
	#head = 0
	#size = 0

	get size(): number {
		return this.#size
	}

	push(slot: number): void {
		if (this.#size === this.#ring.length) this.#grow()
		this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = slot
		this.#size++
	}

	shift(): number | undefined {
		if (this.#size === 0) return undefined
		const slot = this.#ring[this.#head]
		this.#head = (this.#head + 1) & (this.#ring.length - 1)
		this.#size--
		if (this.#size === 0 && this.#ring.length > MOST_KEPT) {
			this.#ring = new Int32Array(LEAST_ROOM)
			this.#head = 0
		}
		return slot
	}

	#grow(): void {
		const larger = new Int32Array(this.#ring.length * 2)
		larger.set(this.#ring.subarray(this.#head))
		larger.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head)
		this.#ring = larger
		this.#head = 0
	}
}
