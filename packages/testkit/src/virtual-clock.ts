import type { Clock, TimerHandle } from '@vigil/runtime'

interface PendingTimer {
	readonly dueMs: number
	readonly order: number
	readonly fn: () => void
}

/** 2026-01-01T00:00:00Z: a plausible instant, so that code which mistakes 0 for "never" is caught. */
const DEFAULT_START_MS = 1_767_225_600_000

/**
 * A clock that stands still until it is told to advance. Timers fire in the order in which they
 * fall due; those due at the same instant fire in the order in which they were set.
 */
export class VirtualClock implements Clock {
	#nowMs: number
	#wallAheadMs = 0
	#nextOrder = 0
	/** Latest due first, so that the next timer is popped from the end. */
	readonly #timers: PendingTimer[] = []

	constructor(startMs = DEFAULT_START_MS) {
		this.#nowMs = startMs
	}

	now(): number {
		return this.#nowMs
	}

	wall(): number {
		return this.#nowMs + this.#wallAheadMs
	}

	/** Somebody sets the wall clock, backwards by a negative number. Timers take no notice. */
	stepWall(ms: number): void {
		this.#wallAheadMs += ms
	}

	/** How many timers are waiting; 0 at the end of a test shows that nothing was leaked. */
	get pendingTimers(): number {
		return this.#timers.length
	}

	/** When the next timer falls due, in epoch milliseconds. */
	get nextTimerAt(): number | undefined {
		return this.#timers.at(-1)?.dueMs
	}

	setTimer(delayMs: number, fn: () => void): TimerHandle {
		if (Number.isNaN(delayMs)) throw new RangeError('a timer needs a number of milliseconds')
		const timer: PendingTimer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#nextOrder++, fn }
		this.#timers.splice(this.#positionOf(timer), 0, timer)
		return timer
	}

	clearTimer(handle: TimerHandle): void {
		const timer = handle as PendingTimer
		const position = this.#positionOf(timer)
		if (this.#timers[position] === timer) this.#timers.splice(position, 1)
	}

	/** Lets `ms` milliseconds pass: fires what falls due, in order, and lets promises settle after each timer. */
	async advance(ms: number): Promise<void> {
		const target = this.#nowMs + ms
		await drainMicrotasks()
		for (let next = this.#timers.at(-1); next && next.dueMs <= target; next = this.#timers.at(-1)) {
			this.#timers.pop()
			this.#nowMs = Math.max(this.#nowMs, next.dueMs)
			next.fn()
			await drainMicrotasks()
		}
		this.#nowMs = Math.max(this.#nowMs, target)
	}

	/** Advances to the next timer and fires all that is due then; false when no timer was pending. */
	async advanceToNextTimer(): Promise<boolean> {
		await drainMicrotasks()
		const next = this.nextTimerAt
		if (next === undefined) return false
		await this.advance(next - this.#nowMs)
		return true
	}

	/** Where the timer stands, or would stand, in the list. */
	#positionOf(timer: PendingTimer): number {
		let low = 0
		let high = this.#timers.length
		while (low < high) {
			const middle = (low + high) >>> 1
			const other = this.#timers[middle]
			if (other && isLater(other, timer)) low = middle + 1
			else high = middle
		}
		return low
	}
}

function isLater(a: PendingTimer, b: PendingTimer): boolean {
	return a.dueMs === b.dueMs ? a.order > b.order : a.dueMs > b.dueMs
}

/** The event loop reaches the check phase only when the microtask and nextTick queues are empty. */
function drainMicrotasks(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve))
}
