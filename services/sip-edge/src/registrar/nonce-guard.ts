/**
 * What has been used up of the nonces of one device, so that an overheard REGISTER cannot be sent again with another
 * Contact (RFC 7616 5.12).
 */
export interface NonceGuard {
	readonly nonce: string
	/** The highest nonce count seen with it. */
	readonly count: number
	/** When it was first used; other nonces that were made before that are spent. */
	readonly firstUsedAtMs: number
}

/** Whether this use of a nonce came before. Nonces other than the guard's are judged by their age, see `unspentAgeMs`. */
export function isCountUsed(guard: NonceGuard | undefined, nonce: string, count: number): boolean {
	return guard !== undefined && guard.nonce === nonce && count <= guard.count
}

/**
 * How old a nonce may be, milliseconds, to be surely unused: made (to the millisecond) after the guard's was first used. A device that
 * answers two challenges at once loses one round trip by that, nothing else.
 */
export function unspentAgeMs(guard: NonceGuard | undefined, nonce: string, nowMs: number): number {
	if (!guard || guard.nonce === nonce) return Number.POSITIVE_INFINITY
	return nowMs - (Math.floor(guard.firstUsedAtMs) + 1)
}

/** The guard after a right answer. */
export function useNonce(guard: NonceGuard | undefined, nonce: string, count: number, nowMs: number): NonceGuard {
	return { nonce, count, firstUsedAtMs: guard?.nonce === nonce ? guard.firstUsedAtMs : nowMs }
}

/** When the guard may be forgotten: every nonce that it speaks of is too old by then. */
export function guardEndsAtMs(guard: NonceGuard, nonceMaxAgeMs: number): number {
	return guard.firstUsedAtMs + nonceMaxAgeMs
}
