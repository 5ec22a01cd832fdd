import { checkNonce, makeNonce } from '@vigil/sip'

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

/**
 * Nonces are told apart by their age, in hundredths of a millisecond: finer than a device can answer and be challenged
 * again, and until the year 2059 within the range of a nonce's stamp.
 */
const TICKS_PER_MS = 100

function ticks(ms: number): number {
	return Math.floor(ms * TICKS_PER_MS)
}

/** A nonce for whoever is at that source. */
export function issueNonce(key: Uint8Array, source: string, nowMs: number): string {
	return makeNonce(key, ticks(nowMs), source)
}

export interface NonceUse {
	readonly nonce: string
	readonly count: number
	readonly source: string
}

/**
 * Whether the nonce is ours, was made for that source, is young enough, and was not used with that count. Of the nonces
 * other than the guard's only those are surely unused that were made after the guard's was first used; a device that answers
 * two challenges at once loses one round trip by that, nothing else.
 */
export function isUsable(
	key: Uint8Array,
	guard: NonceGuard | undefined,
	{ nonce, count, source }: NonceUse,
	nowMs: number,
	maxAgeMs: number,
): boolean {
	const isGuarded = guard?.nonce === nonce
	if (isGuarded && count <= guard.count) return false
	const unspentTicks = guard && !isGuarded ? ticks(nowMs) - ticks(guard.firstUsedAtMs) - 1 : Number.POSITIVE_INFINITY
	return checkNonce(nonce, key, ticks(nowMs), Math.min(ticks(maxAgeMs), unspentTicks), source) === 'ok'
}

/** The guard after a right answer. */
export function useNonce(guard: NonceGuard | undefined, nonce: string, count: number, nowMs: number): NonceGuard {
	return { nonce, count, firstUsedAtMs: guard?.nonce === nonce ? guard.firstUsedAtMs : nowMs }
}

/** When the guard may be forgotten: every nonce that it speaks of is too old by then. */
export function guardEndsAtMs(guard: NonceGuard, nonceMaxAgeMs: number): number {
	return guard.firstUsedAtMs + nonceMaxAgeMs
}
