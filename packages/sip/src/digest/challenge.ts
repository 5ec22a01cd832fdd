import { quote } from '../address/quoted.ts'
import type { ResponseView } from '../message/light-response.ts'
import type { SipResponse } from '../message/message.ts'
import { type DigestAlgorithm, HASH_ALGORITHMS, type HashAlgorithm, hashOf, parseAlgorithm } from './algorithm.ts'
import { parseAuthSchemes } from './auth-params.ts'

/** A Digest challenge (RFC 7616 3.3, RFC 3261 22). */
export interface Challenge {
	/** True when it came in Proxy-Authenticate, so that the answer goes into Proxy-Authorization. */
	readonly proxy: boolean
	readonly realm: string
	readonly nonce: string
	readonly opaque?: string
	/** Undefined for an algorithm that we do not know. */
	readonly algorithm: DigestAlgorithm | undefined
	/** The `algorithm` as written; absent when the challenge did not say one, which means MD5. */
	readonly algorithmText?: string
	/** The offered qop values in lower case; empty for the old digest without qop (RFC 2069). */
	readonly qop: readonly string[]
	/** The nonce was too old but the password right: answer again, do not ask the user. */
	readonly stale: boolean
	/** The server takes the user name hashed (RFC 7616 3.4.4). */
	readonly userhash: boolean
}

/** Reads the first Digest challenge of a WWW-Authenticate (or, with `proxy`, Proxy-Authenticate) value; undefined when there is none. */
export function parseChallenge(text: string, proxy = false): Challenge | undefined {
	return parseChallenges(text, proxy)[0]
}

/** Reads every Digest challenge of one field; other schemes, and challenges without realm or nonce, are left out. */
export function parseChallenges(text: string, proxy = false): Challenge[] {
	const schemes = parseAuthSchemes(text) ?? []
	return schemes.flatMap(({ name, params }) => (name === 'digest' ? (challengeOf(params, proxy) ?? []) : []))
}

/** Every Digest challenge of a response, WWW-Authenticate and Proxy-Authenticate: after forking a 401 may carry both (RFC 3261 16.7 step 7). */
export function challengesOf(response: SipResponse | ResponseView): Challenge[] {
	return [
		...response.headers.all('WWW-Authenticate').flatMap((value) => parseChallenges(value, false)),
		...response.headers.all('Proxy-Authenticate').flatMap((value) => parseChallenges(value, true)),
	]
}

function challengeOf(params: ReadonlyMap<string, string>, proxy: boolean): Challenge | undefined {
	const realm = params.get('realm')
	const nonce = params.get('nonce')
	if (realm === undefined || nonce === undefined) return undefined
	const opaque = params.get('opaque')
	const algorithmText = params.get('algorithm')
	return {
		proxy,
		realm,
		nonce,
		algorithm: parseAlgorithm(algorithmText),
		qop: qopValues(params.get('qop')),
		stale: params.get('stale')?.toLowerCase() === 'true',
		userhash: params.get('userhash')?.toLowerCase() === 'true',
		...(opaque !== undefined && { opaque }),
		...(algorithmText !== undefined && { algorithmText }),
	}
}

function qopValues(text: string | undefined): string[] {
	if (text === undefined) return []
	return text
		.toLowerCase()
		.split(',')
		.map((value) => value.trim())
		.filter((value) => value.length > 0)
}

/** True when `answerChallenge` can answer it with the given hashes (fewer than all where only some HA1 are known). */
export function isAnswerable(challenge: Challenge, hashes: readonly HashAlgorithm[] = HASH_ALGORITHMS): boolean {
	if (challenge.algorithm === undefined || !hashes.includes(hashOf(challenge.algorithm))) return false
	return challenge.qop.length === 0 || challenge.qop.includes('auth') || challenge.qop.includes('auth-int')
}

/**
 * The challenges to answer: of each realm, and apart for proxies and servers, the one with the strongest hash, the earlier
 * one when they are equal. RFC 8760 2.4 has the client take the topmost it supports; we trust the order less than the hash.
 */
export function chooseChallenges(
	challenges: readonly Challenge[],
	hashes: readonly HashAlgorithm[] = HASH_ALGORITHMS,
): Challenge[] {
	const chosen = new Map<string, Challenge>()
	for (const challenge of challenges) {
		if (!isAnswerable(challenge, hashes)) continue
		const realm = `${challenge.proxy ? 'proxy' : 'server'} ${challenge.realm}`
		const rival = chosen.get(realm)
		if (!rival || weakness(challenge) < weakness(rival)) chosen.set(realm, challenge)
	}
	return [...chosen.values()]
}

function weakness(challenge: Challenge): number {
	return challenge.algorithm === undefined ? Infinity : HASH_ALGORITHMS.indexOf(hashOf(challenge.algorithm))
}

export interface ChallengeParts {
	readonly realm: string
	readonly nonce: string
	readonly algorithm: DigestAlgorithm
	/** Offered qop values; `auth` unless said, an empty list for the old digest without qop. */
	readonly qop?: readonly ('auth' | 'auth-int')[]
	readonly opaque?: string
	readonly stale?: boolean
	readonly userhash?: boolean
}

/** Writes a WWW-Authenticate or Proxy-Authenticate value. For several algorithms send one field each, the strongest first (RFC 8760 2.4). */
export function formatChallenge(parts: ChallengeParts): string {
	const qop = parts.qop ?? ['auth']
	const fields = [`realm=${quote(parts.realm)}`, `nonce=${quote(parts.nonce)}`]
	if (parts.opaque !== undefined) fields.push(`opaque=${quote(parts.opaque)}`)
	if (parts.stale) fields.push('stale=true')
	fields.push(`algorithm=${parts.algorithm}`)
	if (qop.length > 0) fields.push(`qop="${qop.join(',')}"`)
	if (parts.userhash) fields.push('userhash=true')
	return `Digest ${fields.join(', ')}`
}
