const NONE = 0
const LEAST_ROOM = 256

/**
 * Slots in lists, each in one list at most. The lists run through flat arrays, so that one is gone through without a look at
 * all other slots, and a slot that stays where it is costs a comparison.
 */
export class SlotLists {
	/** By slot: the number of its list, from 1. */
	#listOf = new Int32Array(0)
	/** By slot, as slot + 1: who comes after and who before it in its list. */
	#after = new Int32Array(0)
	#before = new Int32Array(0)
	readonly #firsts = new Map<number, number>()

	/** The list that the slot is in; 0 for none. */
	listOf(slot: number): number {
		return this.#listOf[slot] ?? NONE
	}

	/** Whether nothing is in the list. */
	isEmpty(list: number): boolean {
		return !this.#firsts.has(list)
	}

	/** Puts the slot into the list, out of the one that it was in. */
	put(slot: number, list: number): void {
		if (this.listOf(slot) === list) return
		this.remove(slot)
		this.#reserve(slot)
		const first = this.#firsts.get(list)
		this.#listOf[slot] = list
		this.#after[slot] = first === undefined ? NONE : first + 1
		this.#before[slot] = NONE
		if (first !== undefined) this.#before[first] = slot + 1
		this.#firsts.set(list, slot)
	}

	/** Takes the slot out of its list; gives the number of that, 0 where it was in none. */
	remove(slot: number): number {
		const list = this.listOf(slot)
		if (list === NONE) return NONE
		const after = this.#after[slot] as number
		const before = this.#before[slot] as number
		if (after !== NONE) this.#before[after - 1] = before
		if (before !== NONE) this.#after[before - 1] = after
		else if (after !== NONE) this.#firsts.set(list, after - 1)
		else this.#firsts.delete(list)
		this.#listOf[slot] = NONE
		return list
	}

	/** The slots of the list as they are now, the one that came last first. */
	of(list: number): number[] {
		const slots: number[] = []
		for (let slot = this.#firsts.get(list); slot !== undefined; ) {
			slots.push(slot)
			const after = this.#after[slot] as number
			slot = after === NONE ? undefined : after - 1
		}
		return slots
	}

	#reserve(slot: number): void {
		if (slot < this.#listOf.length) return
		const room = Math.max(slot + 1, Math.ceil(this.#listOf.length * 1.25), LEAST_ROOM)
		this.#listOf = larger(this.#listOf, room)
		this.#after = larger(this.#after, room)
		this.#before = larger(this.#before, room)
	}
}

function larger(values: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
	const copy = new Int32Array(room)
	copy.set(values)
	return copy
}
