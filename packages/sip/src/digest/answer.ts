import { escapeQuoted, quote } from '../address/quoted.ts'
import { type DigestAlgorithm, type HashAlgorithm, hashOf } from './algorithm.ts'
import { answerFrame } from './answer-frame.ts'
import type { Challenge } from './challenge.ts'
import { digestResponse, ha1, hashedUsername } from './response.ts'

/** A password, or what was kept in its place: HA1 by hash, each made for the challenge's realm. */
export type DigestSecret =
	| { readonly password: string }
	| { readonly ha1: Readonly<Partial<Record<HashAlgorithm, string>>> }
	/** The HA1 of this very challenge's hash. */
	| { readonly key: string }

export interface AnswerInput {
	readonly challenge: Challenge
	readonly username: string
	readonly secret: DigestSecret
	readonly method: string
	/** The Request-URI as it will be sent. */
	readonly uri: string
	/** Client nonce. Keep one per nonce: with a `-sess` algorithm a new one starts a new session (RFC 7616 3.4.2). */
	readonly cnonce: string
	/** How many requests carried this nonce, this one included: 1, 2, 3 and so on. */
	readonly nc: number
	/** H(method:uri) where the caller has it already; not used for `auth-int`. */
	readonly requestHash?: string
	/** The body of the request, hashed when the server asks for nothing less than `auth-int`. */
	readonly body?: Uint8Array
}

/** Thrown for a challenge that `isAnswerable` refuses, or for an HA1 that is not at hand. */
export class UnanswerableChallengeError extends Error {
	override readonly name = 'UnanswerableChallengeError'
}

/**
 * The Authorization (or Proxy-Authorization) value that answers a challenge (RFC 7616 3.4). Takes `auth` where offered, `auth-int` where it is
 * all that is offered, and neither where the challenge names none. Use it again with a higher `nc` for later requests.
 */
export function answerChallenge(input: AnswerInput): string {
	const { challenge, nc } = input
	const { algorithm } = challenge
	if (algorithm === undefined) throw new UnanswerableChallengeError('Unknown digest algorithm')
	if (!Number.isInteger(nc) || nc < 1 || nc > 0xffff_ffff) throw new RangeError(`Nonce count out of range: ${nc}`)
	const qop = chooseQop(challenge.qop)
	const count = nc.toString(16).padStart(8, '0')
	const response = digestResponse({
		algorithm,
		ha1: ha1Of(input, algorithm),
		nonce: challenge.nonce,
		method: input.method,
		uri: input.uri,
		nc: count,
		cnonce: input.cnonce,
		qop,
		body: input.body,
		requestHash: input.requestHash,
	})
	return formatAnswer(input, algorithm, qop, count, response)
}

function chooseQop(offered: readonly string[]): string | undefined {
	if (offered.length === 0) return undefined
	const qop = ['auth', 'auth-int'].find((value) => offered.includes(value))
	if (qop === undefined) throw new UnanswerableChallengeError('Unknown quality of protection')
	return qop
}

function ha1Of(input: AnswerInput, algorithm: DigestAlgorithm): string {
	const { secret } = input
	if ('password' in secret) return ha1(algorithm, input.username, input.challenge.realm, secret.password)
	if ('key' in secret) return secret.key
	const known = secret.ha1[hashOf(algorithm)]
	if (known === undefined) throw new UnanswerableChallengeError(`No HA1 for ${hashOf(algorithm)}`)
	return known
}

function formatAnswer(
	input: AnswerInput,
	algorithm: DigestAlgorithm,
	qop: string | undefined,
	count: string,
	response: string,
): string {
	const { challenge } = input
	const username = challenge.userhash ? hashedUsername(algorithm, input.username, challenge.realm) : input.username
	const frame = answerFrame(challenge, input.uri, algorithm, qop)
	let text = `Digest username="${escapeQuoted(username)}${frame.beforeNonce}${escapeQuoted(challenge.nonce)}`
	text += frame.beforeResponse + response + frame.afterResponse
	if (frame.hasCnonce) text += escapeQuoted(input.cnonce) + frame.afterCnonce
	if (qop !== undefined) text += count
	if (challenge.opaque !== undefined) text += `, opaque=${quote(challenge.opaque)}`
	if (challenge.userhash) text += ', userhash=true'
	return text
}
