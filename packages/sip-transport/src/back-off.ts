/** Bounds of the waiting between attempts. */
export interface BackOffOptions {
	/** The wait after the first failure lies between half of this and this. */
	readonly baseMs: number
	readonly maxMs: number
}

/** RFC 5626 4.5, for a user agent none of whose flows work. */
export const DEFAULT_BACK_OFF: BackOffOptions = { baseMs: 30_000, maxMs: 1_800_000 }

/**
 * How long to wait after that many consecutive failures (1 or more): doubling from `baseMs` up to `maxMs`, of
 * which 50 to 100 % by `random` in [0, 1), so that clients of one server do not come back together (RFC 5626 4.5).
 */
export function backOffDelayMs(failures: number, random: number, options: BackOffOptions = DEFAULT_BACK_OFF): number {
	const doublings = Math.min(Math.max(failures, 1) - 1, 52)
	const upper = Math.min(options.maxMs, options.baseMs * 2 ** doublings)
	return upper * (0.5 + 0.5 * random)
}
