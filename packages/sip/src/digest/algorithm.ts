import { hash } from 'node:crypto'
import { encodeText } from '../message/octets.ts'

/** The hashes of SIP digest (RFC 8760 2.1). */
export type HashAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256'

/** Values of the `algorithm` parameter; the `-sess` ones bind HA1 to nonce and cnonce (RFC 7616 3.4.2). */
export type DigestAlgorithm = HashAlgorithm | `${HashAlgorithm}-sess`

/** Every hash, the strongest first. */
export const HASH_ALGORITHMS: readonly HashAlgorithm[] = ['SHA-512-256', 'SHA-256', 'MD5']

const HASH_NAMES: Readonly<Record<HashAlgorithm, string>> = {
	MD5: 'md5',
	'SHA-256': 'sha256',
	'SHA-512-256': 'sha512-256',
}

/** Reads an `algorithm` value, in any case; absent means MD5 (RFC 7616 3.3). Undefined when it is none that we know. */
export function parseAlgorithm(text: string | undefined): DigestAlgorithm | undefined {
	if (text === undefined) return 'MD5'
	const upper = text.toUpperCase()
	const session = upper.endsWith('-SESS')
	const name = session ? upper.slice(0, -'-SESS'.length) : upper
	const known = HASH_ALGORITHMS.find((algorithm) => algorithm === name)
	return known && session ? `${known}-sess` : known
}

/** The hash behind an algorithm. */
export function hashOf(algorithm: DigestAlgorithm): HashAlgorithm {
	return isSession(algorithm) ? (algorithm.slice(0, -'-sess'.length) as HashAlgorithm) : (algorithm as HashAlgorithm)
}

export function isSession(algorithm: DigestAlgorithm): boolean {
	return algorithm.endsWith('-sess')
}

/** The hash of text (as UTF-8) or bytes, in lower-case hex. */
export function digestHash(algorithm: HashAlgorithm, data: string | Uint8Array): string {
	return hash(HASH_NAMES[algorithm], typeof data === 'string' && !data.isWellFormed() ? encodeText(data) : data, 'hex')
}
