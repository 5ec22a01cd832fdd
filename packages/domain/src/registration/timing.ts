/** A refresh leaves at least this long for lost packets: longer than timer F (RFC 3261 17.1.2.2, 64*T1 = 32 s). */
const SAFETY_SECONDS = 40
const FIRST_RETRY_SECONDS = 4
const LAST_RETRY_SECONDS = 1800

/**
 * Seconds from a 2xx to the next refresh. Spread over 70 to 90 % of the lifetime by the account's phase,
 * so that accounts bound together do not refresh together; never later than the safety margin allows,
 * never earlier than half of the lifetime.
 */
export function refreshDelaySeconds(grantedSeconds: number, phase: number): number {
	const spread = grantedSeconds * (0.7 + 0.2 * phase)
	return Math.max(grantedSeconds / 2, Math.min(spread, grantedSeconds - SAFETY_SECONDS))
}

/**
 * Seconds to wait after the n-th failure in a row (n from 1): doubling from 4 s to half an hour, between
 * half and the whole of it by the phase (RFC 5626 4.5 shapes its wait the same way).
 */
export function retryDelaySeconds(failures: number, phase: number): number {
	const full = Math.min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** Math.min(failures - 1, 20))
	// The phase alone would give an account the same place in every round; mixing in the count moves it.
	const jitter = (phase + failures * 0.618_033_988_75) % 1
	return full * (0.5 + 0.5 * jitter)
}

const HOUR_SECONDS = 3600

/**
 * Seconds until a registration is tried again that was refused in words that speak of the account, the n-th time in a row (n
 * from 1). An account that was accepted with this very credential: 5 to 6 minutes, doubling to 30. One that never was has
 * most likely a wrong name or password, which registrars count and ban addresses for: an hour or two, doubling to a day.
 */
export function rejectedRestSeconds(failures: number, phase: number, proven: boolean): number {
	const doubled = 2 ** Math.min(Math.max(failures, 1) - 1, 20)
	const jitter = (phase + failures * 0.618_033_988_75) % 1
	if (proven) return Math.min(1500, 300 * doubled) * (1 + 0.2 * jitter)
	return Math.min(12 * HOUR_SECONDS, HOUR_SECONDS * doubled) * (1 + jitter)
}

/** Seconds named by a Retry-After value (RFC 3261 20.33: delta, optional comment and parameters), within a day. */
export function retryAfterSeconds(value: string | undefined): number | undefined {
	const digits = value?.match(/^\s*(\d{1,9})/)?.[1]
	return digits === undefined ? undefined : Math.min(Number(digits), 86_400)
}

/** What is waited for comes at that instant at the latest; what is not stays so. */
export function noLaterThan(dueAtMs: number | undefined, latestMs: number): number | undefined {
	return dueAtMs === undefined ? undefined : Math.min(dueAtMs, latestMs)
}
