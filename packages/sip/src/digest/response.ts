import { EMPTY_BODY } from '../message/message.ts'
import { type DigestAlgorithm, digestHash, type HashAlgorithm, hashOf, isSession } from './algorithm.ts'

/**
 * HA1 without the session part: H(username:realm:password), the hash that may be stored instead of the password.
 * The same for an algorithm and its `-sess` form.
 */
export function ha1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
	return digestHash(hashOf(algorithm), `${username}:${realm}:${password}`)
}

/** The user name as sent with `userhash=true` (RFC 7616 3.4.4). */
export function hashedUsername(algorithm: DigestAlgorithm, username: string, realm: string): string {
	return digestHash(hashOf(algorithm), `${username}:${realm}`)
}

export interface DigestInput {
	readonly algorithm: DigestAlgorithm
	readonly ha1: string
	readonly nonce: string
	/** Empty for the `rspauth` of Authentication-Info (RFC 7616 3.5). */
	readonly method: string
	readonly uri: string
	/** Undefined for the old digest without qop. */
	readonly qop?: string | undefined
	/** As in the message: eight hex digits. */
	readonly nc?: string
	readonly cnonce?: string
	/** Hashed for `auth-int` only. */
	readonly body?: Uint8Array | undefined
	/** What `requestHash` gives, where it is at hand; not used for `auth-int`. */
	readonly requestHash?: string | undefined
}

/** HA2 without a body: the same for every request of a method to one URI. */
export function requestHash(algorithm: DigestAlgorithm, method: string, uri: string): string {
	return digestHash(hashOf(algorithm), `${method}:${uri}`)
}

/** The `response` (or `rspauth`) value (RFC 7616 3.4.1 to 3.4.3; without qop RFC 2617 3.2.2.1). */
export function digestResponse(input: DigestInput): string {
	const algorithm = hashOf(input.algorithm)
	const { nonce, qop, nc = '', cnonce = '' } = input
	const first = isSession(input.algorithm) ? digestHash(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1
	const second = secondHash(input, algorithm)
	const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
	return digestHash(algorithm, `${first}:${middle}:${second}`)
}

function secondHash(input: DigestInput, algorithm: HashAlgorithm): string {
	const { method, uri } = input
	if (input.qop !== 'auth-int') return input.requestHash ?? digestHash(algorithm, `${method}:${uri}`)
	return digestHash(algorithm, `${method}:${uri}:${digestHash(algorithm, input.body ?? EMPTY_BODY)}`)
}
