import type { RegistrationStatus } from '@vigil/domain'

/**
 * The status with the instant of its next refresh. Nothing is written for a refresh, so what is stored is the first one
 * after the registration began; the later ones follow at the same distance.
 */
export function withNextRefresh(status: RegistrationStatus, nowMs: number): RegistrationStatus {
	const { state, sinceMs, nextAttemptMs, grantedExpiresSeconds = 0 } = status
	if (state !== 'registered' || nextAttemptMs === undefined || nextAttemptMs > nowMs) return status
	const everyMs = Math.min(nextAttemptMs - sinceMs, grantedExpiresSeconds * 1000)
	if (everyMs <= 0) return status
	return { ...status, nextAttemptMs: nextAttemptMs + Math.ceil((nowMs - nextAttemptMs) / everyMs) * everyMs }
}
