import type { Flow } from '@vigil/sip-transport'
import { SlotLists } from './slot-lists.ts'

interface Used {
	readonly flow: Flow
	readonly unwatch: () => void
}

export interface FlowBindingsListener {
	/** The flow has got its first account, or has lost its last. */
	onUse(flow: Flow, used: boolean): void
	/** The flow ended, and with it the bindings of these. */
	onLost(slots: readonly number[], flow: Flow, reason: string): void
}

/** Which accounts are registered over which flow: a binding may end with its flow (RFC 5626, NAT, a server that keeps connections). */
export class FlowBindings {
	readonly #listener: FlowBindingsListener
	/** Accounts by the number of their flow, from 1. */
	readonly #accounts = new SlotLists()
	readonly #numbers = new Map<Flow, number>()
	readonly #used = new Map<number, Used>()
	#last = 0

	constructor(listener: FlowBindingsListener) {
		this.#listener = listener
	}

	/** The account's binding comes by that flow. */
	bind(slot: number, flow: Flow): void {
		const number = this.#numbers.get(flow) ?? this.#begin(flow)
		if (this.#accounts.listOf(slot) === number) return
		this.unbind(slot)
		this.#accounts.put(slot, number)
	}

	/** The account's binding comes by none, or is gone. */
	unbind(slot: number): void {
		const number = this.#accounts.remove(slot)
		if (number === 0 || !this.#accounts.isEmpty(number)) return
		const used = this.#used.get(number)
		if (!used) return
		used.unwatch()
		this.#end(number, used)
	}

	#begin(flow: Flow): number {
		const number = ++this.#last
		const unwatch = flow.onClose((reason) => {
			const slots = this.#accounts.of(number)
			for (const slot of slots) this.#accounts.remove(slot)
			const used = this.#used.get(number)
			if (used) this.#end(number, used)
			this.#listener.onLost(slots, flow, reason)
		})
		this.#numbers.set(flow, number)
		this.#used.set(number, { flow, unwatch })
		this.#listener.onUse(flow, true)
		return number
	}

	#end(number: number, { flow }: Used): void {
		this.#used.delete(number)
		this.#numbers.delete(flow)
		this.#listener.onUse(flow, false)
	}
}
