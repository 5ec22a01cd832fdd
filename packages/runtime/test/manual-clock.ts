import type { Clock, TimerHandle } from '../src/clock.ts'

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
	/** How far the wall clock has been set. */
	wallAheadMs = 0
	#nowMs = 1_000_000
	readonly #timers = new Map<TimerHandle, { dueMs: number; fn: () => void }>()

	now(): number {
		return this.#nowMs
	}

	wall(): number {
		return this.#nowMs + this.wallAheadMs
	}

	setTimer(delayMs: number, fn: () => void): TimerHandle {
		const handle = {}
		this.#timers.set(handle, { dueMs: this.#nowMs + delayMs, fn })
		return handle
	}

	clearTimer(handle: TimerHandle): void {
		this.#timers.delete(handle)
	}

	/** Pending timers. */
	get pending(): number {
		return this.#timers.size
	}

	/** Moves the time on and fires what is due, then lets promises settle. */
	async advance(delayMs: number): Promise<void> {
		this.#nowMs += delayMs
		const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= this.#nowMs)
		for (const [handle, timer] of due.sort(([, a], [, b]) => a.dueMs - b.dueMs)) {
			this.#timers.delete(handle)
			timer.fn()
		}
		await settled()
	}
}

/** Waits until everything that is ready to run has run. */
export function settled(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve))
}
