import { hashText } from './hash-text.ts'

const EMPTY = 0
const REMOVED = -1
const MOST_FILLED = 0.7
const LEAST_PLACES = 64

/**
 * Finds slots by text without keeping the text: open addressing over two flat arrays, about 12 bytes an entry. Several
 * slots may share a key. Who asks compares the key with what it keeps of the slot.
 */
export class SlotIndex {
	#slots = new Int32Array(LEAST_PLACES)
	#hashes = new Int32Array(LEAST_PLACES)
	/** Places that are not `EMPTY`. */
	#used = 0
	#size = 0

	get size(): number {
		return this.#size
	}

	add(key: string, slot: number): void {
		if (this.#used + 1 > this.#slots.length * MOST_FILLED) this.#rebuild()
		this.#place(hashText(key), slot)
		this.#used++
		this.#size++
	}

	remove(key: string, slot: number): void {
		const hash = hashText(key)
		const mask = this.#slots.length - 1
		for (let at = hash & mask; this.#slots[at] !== EMPTY; at = (at + 1) & mask) {
			if (this.#slots[at] !== slot + 1 || this.#hashes[at] !== hash) continue
			this.#slots[at] = REMOVED
			this.#size--
			return
		}
	}

	/** The first slot under that key that `matches`, or -1. */
	find(key: string, matches: (slot: number) => boolean): number {
		const hash = hashText(key)
		const mask = this.#slots.length - 1
		for (let at = hash & mask; this.#slots[at] !== EMPTY; at = (at + 1) & mask) {
			const entry = this.#slots[at] as number
			if (entry !== REMOVED && this.#hashes[at] === hash && matches(entry - 1)) return entry - 1
		}
		return -1
	}

	/** Every slot under that key that `matches`. */
	findAll(key: string, matches: (slot: number) => boolean): number[] {
		const found: number[] = []
		this.find(key, (slot) => {
			if (matches(slot)) found.push(slot)
			return false
		})
		return found
	}

	#place(hash: number, slot: number): void {
		const mask = this.#slots.length - 1
		let at = hash & mask
		while (this.#slots[at] !== EMPTY) at = (at + 1) & mask
		this.#slots[at] = slot + 1
		this.#hashes[at] = hash
	}

	/** Drops what was removed, and doubles when it is full of live entries. */
	#rebuild(): void {
		const before = { slots: this.#slots, hashes: this.#hashes }
		const places = this.#size * 2 > before.slots.length * MOST_FILLED ? before.slots.length * 2 : before.slots.length
		this.#slots = new Int32Array(places)
		this.#hashes = new Int32Array(places)
		this.#used = this.#size
		for (let at = 0; at < before.slots.length; at++) {
			const entry = before.slots[at] as number
			if (entry > 0) this.#place(before.hashes[at] as number, entry - 1)
		}
	}
}
