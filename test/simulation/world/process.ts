import type { Clock, TimerHandle } from '@vigil/runtime'
import type { TransportSources } from '@vigil/sip-transport'
import type { SeededRandom, SimulatedHost, SimulatedNetwork, VirtualClock } from '@vigil/testkit'

/** A process on a machine of its own: when it is killed, none of its timers fires and nobody hears of it again. */
export class SimulatedProcess {
	readonly host: SimulatedHost
	readonly address: string
	readonly clock: Clock
	readonly random: SeededRandom
	readonly #clock: VirtualClock
	readonly #timers = new Set<TimerHandle>()
	readonly #atEnd: (() => void)[] = []
	#ended = false

	constructor(network: SimulatedNetwork, clock: VirtualClock, random: SeededRandom, address: string) {
		this.host = network.host(address)
		this.address = address
		this.random = random
		this.#clock = clock
		this.clock = {
			now: () => clock.now(),
			wall: () => clock.wall(),
			setTimer: (delayMs, fn) => this.#setTimer(delayMs, fn),
			clearTimer: (handle) => this.#clearTimer(handle),
		}
	}

	get ended(): boolean {
		return this.#ended
	}

	/** Timers that wait. */
	get pendingTimers(): number {
		return this.#timers.size
	}

	/** What its sockets are made of. */
	get transport(): TransportSources {
		const { host, random } = this
		return { network: host, random: () => random.next(), unguessable: () => random.id(24) }
	}

	/** Called when it is killed. */
	atEnd(fn: () => void): void {
		this.#atEnd.push(fn)
	}

	/** Ends it without a word, as `kill -9` does. */
	kill(): void {
		if (this.#ended) return
		this.#ended = true
		for (const timer of this.#timers) this.#clock.clearTimer(timer)
		this.#timers.clear()
		this.host.crash()
		for (const fn of this.#atEnd) fn()
	}

	#setTimer(delayMs: number, fn: () => void): TimerHandle {
		if (this.#ended) return {}
		const handle = this.#clock.setTimer(delayMs, () => {
			this.#timers.delete(handle)
			fn()
		})
		this.#timers.add(handle)
		return handle
	}

	#clearTimer(handle: TimerHandle): void {
		if (this.#timers.delete(handle)) this.#clock.clearTimer(handle)
	}
}
