import type { Clock, TimerHandle } from '@vigil/runtime'

const SWEEP_EVERY_MS = 15_000
/** So many pings in a row, as far apart, are regular. */
const REGULAR_COUNT = 3
/** Pings within this time are copies of one. */
const SAME_PING_SECONDS = 1
/** Rarer ones are no watch over a binding. */
const LONGEST_INTERVAL_SECONDS = 300
/** So many intervals, and some seconds, without one are silence. */
const MISSED_INTERVALS = 2.5
const GRACE_SECONDS = 5

/**
 * OPTIONS by which servers watch over bindings, by account: where they came regularly and stop, the server may not have the
 * binding any more. Twelve octets an account, of those that are pinged at all.
 */
export class PingWatch {
	readonly #clock: Clock
	readonly #onSilence: (slot: number) => void
	/** Seconds from the start of this watch, from 1; 0 for none. */
	#lastAt = new Uint32Array(0)
	#interval = new Float32Array(0)
	#count = new Uint8Array(0)
	readonly #beganAtMs: number
	#timer: TimerHandle | undefined

	constructor(clock: Clock, onSilence: (slot: number) => void) {
		this.#clock = clock
		this.#onSilence = onSilence
		this.#beganAtMs = clock.now()
	}

	/** The account was pinged. */
	pinged(slot: number): void {
		this.#reserve(slot)
		const now = this.#seconds()
		const last = this.#lastAt[slot] as number
		const gap = now - last
		if (last !== 0 && gap < SAME_PING_SECONDS) return
		this.#lastAt[slot] = now
		const interval = this.#interval[slot] as number
		const fits = last !== 0 && interval > 0 && gap > interval / 2 && gap < interval * 1.5
		this.#count[slot] = fits ? Math.min(255, (this.#count[slot] as number) + 1) : 1
		this.#interval[slot] = fits ? interval + (gap - interval) / 8 : last === 0 ? 0 : gap
		this.#timer ??= this.#clock.setTimer(SWEEP_EVERY_MS, () => this.#sweep())
	}

	/** The account is not bound any more. */
	forget(slot: number): void {
		if (slot >= this.#lastAt.length) return
		this.#lastAt[slot] = 0
		this.#interval[slot] = 0
		this.#count[slot] = 0
	}

	close(): void {
		if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
	}

	#sweep(): void {
		this.#timer = undefined
		const now = this.#seconds()
		let watched = 0
		for (let slot = 0; slot < this.#lastAt.length; slot++) {
			const last = this.#lastAt[slot] as number
			if (last === 0) continue
			const interval = this.#interval[slot] as number
			const patience = (interval === 0 ? LONGEST_INTERVAL_SECONDS : interval) * MISSED_INTERVALS + GRACE_SECONDS
			if (now - last <= patience) {
				watched++
				continue
			}
			const regular = (this.#count[slot] as number) >= REGULAR_COUNT && interval <= LONGEST_INTERVAL_SECONDS
			this.forget(slot)
			if (regular) this.#onSilence(slot)
		}
		if (watched > 0) this.#timer = this.#clock.setTimer(SWEEP_EVERY_MS, () => this.#sweep())
	}

	#seconds(): number {
		return 1 + (this.#clock.now() - this.#beganAtMs) / 1000
	}

	#reserve(slot: number): void {
		if (slot < this.#lastAt.length) return
		const room = Math.max(slot + 1, Math.ceil(this.#lastAt.length * 1.25), 256)
		const lastAt = new Uint32Array(room)
		const interval = new Float32Array(room)
		const count = new Uint8Array(room)
		lastAt.set(this.#lastAt)
		interval.set(this.#interval)
		count.set(this.#count)
		this.#lastAt = lastAt
		this.#interval = interval
		this.#count = count
	}
}
