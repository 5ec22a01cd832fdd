import type { Flow } from '@vigil/sip-transport'

const NONE = 0

/** Which accounts are registered over which connection: a binding over a connection ends with it (RFC 5626). */
export class FlowBindings {
	readonly #onLost: (slots: readonly number[], flow: Flow, reason: string) => void
	/** Number of the account's flow, from 1. */
	#flowOf = new Int32Array(0)
	readonly #numbers = new Map<Flow, number>()
	#last = NONE

	constructor(onLost: (slots: readonly number[], flow: Flow, reason: string) => void) {
		this.#onLost = onLost
	}

	/** The account's binding comes by that flow. */
	bind(slot: number, flow: Flow): void {
		this.#reserve(slot)
		this.#flowOf[slot] = this.#numbers.get(flow) ?? this.#begin(flow)
	}

	/** The account's binding comes by none, or is gone. */
	unbind(slot: number): void {
		if (slot < this.#flowOf.length) this.#flowOf[slot] = NONE
	}

	#begin(flow: Flow): number {
		const number = ++this.#last
		this.#numbers.set(flow, number)
		flow.onClose((reason) => {
			this.#numbers.delete(flow)
			const slots: number[] = []
			for (let slot = 0; slot < this.#flowOf.length; slot++) {
				if (this.#flowOf[slot] !== number) continue
				this.#flowOf[slot] = NONE
				slots.push(slot)
			}
			this.#onLost(slots, flow, reason)
		})
		return number
	}

	#reserve(slot: number): void {
		if (slot < this.#flowOf.length) return
		const larger = new Int32Array(Math.max(slot + 1, Math.ceil(this.#flowOf.length * 1.25), 256))
		larger.set(this.#flowOf)
		this.#flowOf = larger
	}
}
