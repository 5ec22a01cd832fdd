import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Nonces that a server need not remember: the time of issue and a keyed hash of it (RFC 7616 3.3 suggests the like). Any
 * node with the key can check what another one issued.
 */
const STAMP_BYTES = 6
const MAC_BYTES = 15
const STAMP_LENGTH = 8
const NONCE_LENGTH = STAMP_LENGTH + 20

/** How far another node's clock may run ahead before its nonces are taken for stale. */
const MAX_CLOCK_SKEW_MS = 60_000

/**
 * Makes a nonce of the time and a secret key. `scope` ties it to something both calls know, such as a realm or a source
 * address; a nonce of another scope is forged. Within its age a nonce can be used again: count `nc` where that matters.
 */
export function makeNonce(key: string | Uint8Array, nowMs: number, scope = ''): string {
	const stamp = Buffer.alloc(STAMP_BYTES)
	stamp.writeUIntBE(Math.floor(nowMs), 0, STAMP_BYTES)
	const text = stamp.toString('base64url')
	return text + mac(key, text, scope).toString('base64url')
}

/** Whether a nonce is ours and young enough: `stale` is answered by a new challenge with `stale=true`, `forged` by a plain one. */
export function checkNonce(
	nonce: string,
	key: string | Uint8Array,
	nowMs: number,
	maxAgeMs: number,
	scope = '',
): 'ok' | 'stale' | 'forged' {
	if (nonce.length !== NONCE_LENGTH) return 'forged'
	const stamp = nonce.slice(0, STAMP_LENGTH)
	const claimed = Buffer.from(nonce.slice(STAMP_LENGTH), 'base64url')
	if (claimed.length !== MAC_BYTES || !timingSafeEqual(claimed, mac(key, stamp, scope))) return 'forged'
	const ageMs = nowMs - Buffer.from(stamp, 'base64url').readUIntBE(0, STAMP_BYTES)
	return ageMs <= maxAgeMs && ageMs >= -MAX_CLOCK_SKEW_MS ? 'ok' : 'stale'
}

function mac(key: string | Uint8Array, stamp: string, scope: string): Buffer {
	return createHmac('sha256', key).update(`${stamp}\n${scope}`).digest().subarray(0, MAC_BYTES)
}
