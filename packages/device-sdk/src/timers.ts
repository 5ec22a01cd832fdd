/** Time as the SDK uses it; a test passes a clock of its own. */
export interface Timers {
	/** Milliseconds since the Unix epoch. */
	now(): number
	setTimer(delayMs: number, fn: () => void): object
	clearTimer(handle: object): void
}

/** The platform's timers; a number in browsers is boxed so that both kinds look alike. */
export const platformTimers: Timers = {
	now: () => Date.now(),
	setTimer: (delayMs, fn) => ({ id: setTimeout(fn, delayMs) }),
	clearTimer: (handle) => clearTimeout((handle as { id: ReturnType<typeof setTimeout> }).id),
}

/** Resolves after so many milliseconds. */
export function pause(timers: Timers, delayMs: number): Promise<void> {
	return new Promise((resolve) => {
		timers.setTimer(delayMs, resolve)
	})
}

/** Waits for the promise, but no longer than `limitMs`. A failure of the promise is the end of the wait. */
export async function waitAtMost(timers: Timers, limitMs: number, promise: Promise<unknown>): Promise<void> {
	const over = Promise.withResolvers<void>()
	const timer = timers.setTimer(limitMs, () => over.resolve())
	await Promise.race([over.promise, promise.catch(() => {})])
	timers.clearTimer(timer)
}
