import { EMPTY_BODY } from '../message/message.ts'
import { type DigestAlgorithm, digestHash, hashOf, isSession } from './algorithm.ts'

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
	readonly qop?: string
	/** As in the message: eight hex digits. */
	readonly nc?: string
	readonly cnonce?: string
	/** Hashed for `auth-int` only. */
	readonly body?: Uint8Array
}

/** The `response` (or `rspauth`) value (RFC 7616 3.4.1 to 3.4.3; without qop RFC 2617 3.2.2.1). */
export function digestResponse(input: DigestInput): string {
	const algorithm = hashOf(input.algorithm)
	const { nonce, qop, nc = '', cnonce = '' } = input
	const first = isSession(input.algorithm) ? digestHash(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1
	const bodyHash = qop === 'auth-int' ? `:${digestHash(algorithm, input.body ?? EMPTY_BODY)}` : ''
	const second = digestHash(algorithm, `${input.method}:${input.uri}${bodyHash}`)
	const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
	return digestHash(algorithm, `${first}:${middle}:${second}`)
}
