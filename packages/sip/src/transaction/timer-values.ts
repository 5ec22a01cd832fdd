/** The base timer values of RFC 3261 17.1.1.1, milliseconds, per transaction: nothing here is global. */
export interface TimerValues {
	/** Estimate of the round-trip time. */
	readonly t1: number
	/** Longest interval between repetitions of a non-INVITE request or of a response to INVITE. */
	readonly t2: number
	/** How long a message may stay in the network. */
	readonly t4: number
}

/** The defaults of RFC 3261, table 4. */
export const DEFAULT_TIMERS: TimerValues = { t1: 500, t2: 4_000, t4: 5_000 }

/** 64*T1: how long a transaction waits for its peer (timers B, F, H, J, L, M). */
export function transactionTimeout(timers: TimerValues): number {
	return 64 * timers.t1
}

/** Timer D: how long repeated final responses may come over an unreliable transport; at least 32 s (RFC 3261 17.1.1.2). */
export function responseAbsorption(timers: TimerValues): number {
	return Math.max(32_000, transactionTimeout(timers))
}
