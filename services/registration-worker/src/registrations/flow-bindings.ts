import type { Flow } from '@vigil/sip-transport'

const NONE = 0

interface Used {
	readonly flow: Flow
	readonly unwatch: () => void
	users: number
}

export interface FlowBindingsListener {
	/** The flow has got its first account, or has lost its last. */
	onUse(flow: Flow, used: boolean): void
	/** The flow ended, and with it the bindings of these. */
	onLost(slots: readonly number[], flow: Flow, reason: string): void
}

/** Which accounts are registered over which flow, where a server comes back by that flow only (RFC 5626, NAT). */
export class FlowBindings {
	readonly #listener: FlowBindingsListener
	/** Number of the account's flow, from 1. */
	#flowOf = new Int32Array(0)
	readonly #numbers = new Map<Flow, number>()
	readonly #used = new Map<number, Used>()
	#last = NONE

	constructor(listener: FlowBindingsListener) {
		this.#listener = listener
	}

	/** The account's binding comes by that flow. */
	bind(slot: number, flow: Flow): void {
		this.#reserve(slot)
		const number = this.#numbers.get(flow) ?? this.#begin(flow)
		if (this.#flowOf[slot] === number) return
		this.unbind(slot)
		this.#flowOf[slot] = number
		const used = this.#used.get(number)
		if (used) used.users++
	}

	/** The account's binding comes by none, or is gone. */
	unbind(slot: number): void {
		const number = this.#flowOf[slot] ?? NONE
		if (number === NONE) return
		this.#flowOf[slot] = NONE
		const used = this.#used.get(number)
		if (!used || --used.users > 0) return
		used.unwatch()
		this.#end(number, used)
	}

	#begin(flow: Flow): number {
		const number = ++this.#last
		const unwatch = flow.onClose((reason) => {
			const slots: number[] = []
			for (let slot = 0; slot < this.#flowOf.length; slot++) {
				if (this.#flowOf[slot] !== number) continue
				this.#flowOf[slot] = NONE
				slots.push(slot)
			}
			const used = this.#used.get(number)
			if (used) this.#end(number, used)
			this.#listener.onLost(slots, flow, reason)
		})
		this.#numbers.set(flow, number)
		this.#used.set(number, { flow, unwatch, users: 0 })
		this.#listener.onUse(flow, true)
		return number
	}

	#end(number: number, { flow }: Used): void {
		this.#used.delete(number)
		this.#numbers.delete(flow)
		this.#listener.onUse(flow, false)
	}

	#reserve(slot: number): void {
		if (slot < this.#flowOf.length) return
		const larger = new Int32Array(Math.max(slot + 1, Math.ceil(this.#flowOf.length * 1.25), 256))
		larger.set(this.#flowOf)
		this.#flowOf = larger
	}
}
