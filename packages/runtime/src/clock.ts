// Imported, because a global of this kind is looked up anew at each use.
import { performance } from 'node:perf_hooks'

/** A handle of a pending timer; opaque to callers. */
export type TimerHandle = object

/**
 * The one way for drivers to know the time and to be called later; the virtual clock of the test kit implements it too.
 *
 * There are two times. `now` is the process's own and never steps: durations, timers, and instants that stay in the process.
 * `wall` is everybody's and may be set: instants that leave the process or come into it (deadlines of pushes, rows, leases,
 * answers of an API). `toWall` and `fromWall` take an instant across.
 */
export interface Clock {
	/** Milliseconds, at the start of the process those since the Unix epoch; fractional, never stepping or running backwards. */
	now(): number
	/** Milliseconds since the Unix epoch as the wall clock has them at this moment, after each step of it too. */
	wall(): number
	/** Calls `fn` once after `delayMs` milliseconds. */
	setTimer(delayMs: number, fn: () => void): TimerHandle
	/** Forgets a pending timer; a fired or unknown handle is ignored. */
	clearTimer(handle: TimerHandle): void
}

type Times = Pick<Clock, 'now' | 'wall'>

const ORIGIN_MS = performance.timeOrigin
/** The two clocks of the machine differ by their resolution and by the time between two readings. */
const JITTER_MS = 20

let stepMs = 0

/** The machine's monotonic clock, and how far the wall clock has been set since that was anchored to it. */
export const realClock: Clock = {
	now: () => ORIGIN_MS + performance.now(),
	wall: () => {
		const own = ORIGIN_MS + performance.now()
		const apart = Date.now() - own
		if (Math.abs(apart - stepMs) > JITTER_MS) stepMs = apart
		return own + stepMs
	},
	setTimer: (delayMs, fn) => setTimeout(fn, Math.max(0, delayMs)),
	clearTimer: (handle) => clearTimeout(handle as NodeJS.Timeout),
}

/** An instant of the process as one of the wall clock. */
export function toWall(clock: Times, atMs: number): number {
	return atMs + clock.wall() - clock.now()
}

/** An instant of the wall clock as one of the process. */
export function fromWall(clock: Times, wallMs: number): number {
	return wallMs + clock.now() - clock.wall()
}
