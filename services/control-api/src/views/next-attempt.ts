import type { RegistrationStatus } from '@vigil/domain'

/**
 * The status with the instant of its next attempt, never one that is past. Nothing is written for a refresh, so what is
 * stored is the first one after the registration began; the later ones follow at the same distance. Of an attempt that
 * failed it is known only when it was due: then nothing is said of it until the next one is written.
 */
export function withNextAttempt(status: RegistrationStatus, nowMs: number): RegistrationStatus {
	const { nextAttemptMs, ...rest } = status
	if (nextAttemptMs === undefined || nextAttemptMs >= nowMs) return status
	const { state, sinceMs, grantedExpiresSeconds = 0 } = status
	const everyMs = Math.min(nextAttemptMs - sinceMs, grantedExpiresSeconds * 1000)
	if (state !== 'registered' || everyMs <= 0) return rest
	return { ...rest, nextAttemptMs: nextAttemptMs + Math.ceil((nowMs - nextAttemptMs) / everyMs) * everyMs }
}
