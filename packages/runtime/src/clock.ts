// Imported, because a global of this kind is looked up anew at each use.
import { performance } from 'node:perf_hooks'

/** A handle of a pending timer; opaque to callers. */
export type TimerHandle = object

/** The one way for drivers to know the time and to be called later; the virtual clock of the test kit implements it too. */
export interface Clock {
	/** Milliseconds since the Unix epoch; fractional where the platform offers it, never running backwards. */
	now(): number
	/** Calls `fn` once after `delayMs` milliseconds. */
	setTimer(delayMs: number, fn: () => void): TimerHandle
	/** Forgets a pending timer; a fired or unknown handle is ignored. */
	clearTimer(handle: TimerHandle): void
}

const ORIGIN_MS = performance.timeOrigin

/** The machine's monotonic clock, anchored to the epoch when the process started. */
export const realClock: Clock = {
	now: () => ORIGIN_MS + performance.now(),
	setTimer: (delayMs, fn) => setTimeout(fn, Math.max(0, delayMs)),
	clearTimer: (handle) => clearTimeout(handle as NodeJS.Timeout),
}
