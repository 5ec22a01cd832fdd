import { type Clock, TimerWheel } from '@vigil/runtime'

/**
 * Instants of few of very many slots. A timer wheel takes memory for every id below the highest, so those that wait are
 * numbered among themselves.
 */
export class SlotTimers {
	readonly #wheel: TimerWheel
	readonly #idOf = new Map<number, number>()
	readonly #slotOf: number[] = []
	readonly #free: number[] = []

	constructor(clock: Clock, onDue: (slot: number) => void) {
		this.#wheel = new TimerWheel(clock, (id) => {
			const slot = this.#slotOf[id] as number
			this.#release(slot, id)
			onDue(slot)
		})
	}

	/** Slots that wait. */
	get size(): number {
		return this.#idOf.size
	}

	/** Sets the slot's instant in place of an earlier one. */
	set(slot: number, dueAtMs: number): void {
		let id = this.#idOf.get(slot)
		if (id === undefined) {
			id = this.#free.pop() ?? this.#slotOf.length
			this.#idOf.set(slot, id)
			this.#slotOf[id] = slot
		}
		this.#wheel.set(id, dueAtMs)
	}

	clear(slot: number): void {
		const id = this.#idOf.get(slot)
		if (id === undefined) return
		this.#wheel.clear(id)
		this.#release(slot, id)
	}

	close(): void {
		this.#wheel.close()
	}

	#release(slot: number, id: number): void {
		this.#idOf.delete(slot)
		this.#free.push(id)
	}
}
