import { timingSafeEqual } from 'node:crypto'
import { type DigestAlgorithm, parseAlgorithm } from './algorithm.ts'
import { digestParams } from './auth-params.ts'
import { digestResponse } from './response.ts'

/** The answer to a challenge, as a server reads it (RFC 7616 3.4). */
export interface Authorization {
	/** The user name, or with `userhash` its hash (see `hashedUsername`). */
	readonly username: string
	readonly userhash: boolean
	readonly realm: string
	readonly nonce: string
	readonly uri: string
	readonly response: string
	/** Undefined for an algorithm that we do not know. */
	readonly algorithm: DigestAlgorithm | undefined
	readonly opaque?: string
	readonly cnonce?: string
	/** Absent for the old digest without qop. */
	readonly qop?: string
	/** As written: eight hex digits. */
	readonly nc?: string
}

/** Reads an Authorization or Proxy-Authorization value; undefined when it is no Digest, lacks a parameter, or has qop without nc and cnonce. */
export function parseAuthorization(text: string): Authorization | undefined {
	const params = digestParams(text)
	if (!params) return undefined
	const read = (name: string): string | undefined => params.get(name)
	const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(read)
	if (username === undefined || realm === undefined || nonce === undefined) return undefined
	if (uri === undefined || response === undefined) return undefined
	const [opaque, cnonce, nc] = ['opaque', 'cnonce', 'nc'].map(read)
	const qop = read('qop')?.toLowerCase()
	if (qop !== undefined && (cnonce === undefined || nc === undefined || !/^[0-9a-fA-F]{8}$/.test(nc))) return undefined
	return {
		username,
		userhash: read('userhash')?.toLowerCase() === 'true',
		realm,
		nonce,
		uri,
		response,
		algorithm: parseAlgorithm(read('algorithm')),
		...(opaque !== undefined && { opaque }),
		...(cnonce !== undefined && { cnonce }),
		...(qop !== undefined && { qop }),
		...(nc !== undefined && { nc }),
	}
}

/** The nonce count as a number; undefined without qop. A server that saw the nonce with this count or a higher one is being replayed to. */
export function nonceCount(authorization: Authorization): number | undefined {
	return authorization.nc === undefined ? undefined : Number.parseInt(authorization.nc, 16)
}

export interface VerifyInput {
	readonly authorization: Authorization
	readonly method: string
	/** The stored HA1 of the user for an algorithm (see `ha1`), or undefined when there is no such user or hash. */
	readonly ha1: (algorithm: DigestAlgorithm) => string | undefined
	/** The body of the request, for `auth-int`. */
	readonly body?: Uint8Array
	/** The algorithms that were offered; any that we know when absent. */
	readonly algorithms?: readonly DigestAlgorithm[]
	/** Refuses the old digest without qop, as a server that offered qop should. */
	readonly requireQop?: boolean
}

/**
 * True when the answer proves the password. Compares in constant time, and takes as long for an unknown user as for a wrong
 * password. Nonce, realm and uri are the caller's to check: `checkNonce`, its own realm, the Request-URI.
 */
export function verifyAuthorization(input: VerifyInput): boolean {
	const { authorization } = input
	const { algorithm, qop, nc, cnonce } = authorization
	if (algorithm === undefined || (input.algorithms && !input.algorithms.includes(algorithm))) return false
	if (qop === undefined ? input.requireQop : qop !== 'auth' && qop !== 'auth-int') return false
	const stored = input.ha1(algorithm)
	const expected = digestResponse({
		algorithm,
		ha1: stored ?? '',
		nonce: authorization.nonce,
		method: input.method,
		uri: authorization.uri,
		...(qop !== undefined && { qop }),
		...(nc !== undefined && { nc }),
		...(cnonce !== undefined && { cnonce }),
		...(input.body && { body: input.body }),
	})
	return sameText(expected, authorization.response.toLowerCase()) && stored !== undefined
}

function sameText(expected: string, actual: string): boolean {
	const a = Buffer.from(expected, 'utf8')
	const b = Buffer.from(actual, 'utf8')
	return a.length === b.length && timingSafeEqual(a, b)
}
