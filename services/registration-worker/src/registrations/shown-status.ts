import type { RegistrationStatus } from '@vigil/domain'

/** The status as shown: an attempt that is due, and waits for its turn, goes any moment and not in the past. */
export function shownAt(status: RegistrationStatus, nowMs: number): RegistrationStatus {
	const { nextAttemptMs } = status
	return nextAttemptMs !== undefined && nextAttemptMs < nowMs ? { ...status, nextAttemptMs: nowMs } : status
}
