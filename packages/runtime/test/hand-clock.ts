import type { Clock, TimerHandle } from '../src/clock.ts'

interface Pending {
	readonly dueMs: number
	readonly fn: () => void
}

/** A clock that is moved by hand; enough for what keeps few timers. */
export class HandClock implements Clock {
	/** How far the wall clock has been set. */
	wallAheadMs = 0
	#nowMs = 1_767_225_600_000
	#pending: Pending[] = []

	get pendingTimers(): number {
		return this.#pending.length
	}

	now(): number {
		return this.#nowMs
	}

	wall(): number {
		return this.#nowMs + this.wallAheadMs
	}

	setTimer(delayMs: number, fn: () => void): TimerHandle {
		const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), fn }
		this.#pending.push(timer)
		return timer
	}

	clearTimer(handle: TimerHandle): void {
		this.#pending = this.#pending.filter((timer) => timer !== handle)
	}

	/** Fires what falls due meanwhile, in order. */
	advance(ms: number): void {
		const target = this.#nowMs + ms
		while (this.advanceToNextTimer(target));
		this.#nowMs = target
	}

	/** False when no timer falls due until then. */
	advanceToNextTimer(untilMs = Number.POSITIVE_INFINITY): boolean {
		const next = this.#pending.toSorted((a, b) => a.dueMs - b.dueMs)[0]
		if (!next || next.dueMs > untilMs) return false
		this.clearTimer(next)
		this.#nowMs = Math.max(this.#nowMs, next.dueMs)
		next.fn()
		return true
	}
}
