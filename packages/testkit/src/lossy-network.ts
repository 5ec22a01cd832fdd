import type { Clock } from '@vigil/runtime'
import type { SeededRandom } from './seeded-random.ts'

/** How the network treats each datagram. Probabilities run from 0 to 1. */
export interface NetworkBehaviour {
	/** Probability that a datagram vanishes. */
	readonly loss: number
	/** Probability that a datagram arrives twice. */
	readonly duplication: number
	/** Probability that a datagram is held back by `reorderDelayMs`, so that later ones overtake it. */
	readonly reorder: number
	readonly reorderDelayMs: number
	/** Shortest and longest time on the way, in milliseconds. */
	readonly minDelayMs: number
	readonly maxDelayMs: number
}

const PERFECT_NETWORK: NetworkBehaviour = {
	loss: 0,
	duplication: 0,
	reorder: 0,
	reorderDelayMs: 0,
	minDelayMs: 0,
	maxDelayMs: 0,
}

export type DatagramReceiver = (bytes: Uint8Array, from: string) => void

export interface NetworkEndpoint {
	readonly name: string
	send(to: string, bytes: Uint8Array): void
	/** Nothing is received any more; what is on the way to this endpoint vanishes. */
	detach(): void
}

export interface NetworkCounters {
	sent: number
	delivered: number
	lost: number
	duplicated: number
	/** Dropped by a partition or because nobody of that name is attached. */
	unreachable: number
}

export interface LossyNetworkOptions {
	readonly clock: Clock
	readonly random: SeededRandom
	readonly behaviour?: Partial<NetworkBehaviour>
}

/**
 * An in-memory datagram network between named endpoints. All time comes from the clock and all chance
 * from the generator, so a run is replayed exactly by its seed.
 */
export class LossyNetwork {
	readonly counters: NetworkCounters = { sent: 0, delivered: 0, lost: 0, duplicated: 0, unreachable: 0 }
	readonly #clock: Clock
	readonly #random: SeededRandom
	readonly #receivers = new Map<string, DatagramReceiver>()
	readonly #partitions = new Set<string>()
	#behaviour: NetworkBehaviour

	constructor(options: LossyNetworkOptions) {
		this.#clock = options.clock
		this.#random = options.random
		this.#behaviour = { ...PERFECT_NETWORK, ...options.behaviour }
	}

	/** Changes the treatment of datagrams that are sent from now on. */
	behave(change: Partial<NetworkBehaviour>): void {
		this.#behaviour = { ...this.#behaviour, ...change }
	}

	/** @throws Error when the name is taken. */
	attach(name: string, receive: DatagramReceiver): NetworkEndpoint {
		if (this.#receivers.has(name)) throw new Error(`an endpoint named ${name} is attached already`)
		this.#receivers.set(name, receive)
		return {
			name,
			send: (to, bytes) => this.#send(name, to, bytes),
			detach: () => {
				if (this.#receivers.get(name) === receive) this.#receivers.delete(name)
			},
		}
	}

	/** Cuts the path between two endpoints in both directions, also for what is already on the way. */
	partition(a: string, b: string): void {
		this.#partitions.add(pathKey(a, b)).add(pathKey(b, a))
	}

	/** Cuts one direction only: what `from` sends never reaches `to`. */
	block(from: string, to: string): void {
		this.#partitions.add(pathKey(from, to))
	}

	/** Restores the path between two endpoints, or every path when none are named. */
	heal(a?: string, b?: string): void {
		if (a === undefined || b === undefined) {
			this.#partitions.clear()
			return
		}
		this.#partitions.delete(pathKey(a, b))
		this.#partitions.delete(pathKey(b, a))
	}

	#send(from: string, to: string, bytes: Uint8Array): void {
		this.counters.sent++
		if (this.#random.chance(this.#behaviour.loss)) {
			this.counters.lost++
			return
		}
		// A copy, as a socket would make: the sender may reuse its buffer.
		const copy = Uint8Array.from(bytes)
		this.#deliverLater(from, to, copy)
		if (this.#random.chance(this.#behaviour.duplication)) {
			this.counters.duplicated++
			this.#deliverLater(from, to, copy)
		}
	}

	#deliverLater(from: string, to: string, bytes: Uint8Array): void {
		this.#clock.setTimer(this.#delay(), () => {
			const receive = this.#receivers.get(to)
			if (!receive || this.#partitions.has(pathKey(from, to))) {
				this.counters.unreachable++
				return
			}
			this.counters.delivered++
			receive(bytes, from)
		})
	}

	#delay(): number {
		const { minDelayMs, maxDelayMs, reorder, reorderDelayMs } = this.#behaviour
		const base = minDelayMs + this.#random.next() * Math.max(0, maxDelayMs - minDelayMs)
		return this.#random.chance(reorder) ? base + reorderDelayMs : base
	}
}

function pathKey(from: string, to: string): string {
	return `${from}\n${to}`
}
