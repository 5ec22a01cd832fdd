import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText, quotable } from '../../test/arbitraries.ts'
import { check } from '../../test/property.ts'
import { type DigestAlgorithm, HASH_ALGORITHMS, hashOf } from './algorithm.ts'
import { answerChallenge, type DigestSecret } from './answer.ts'
import { type Authorization, nonceCount, parseAuthorization, verifyAuthorization } from './authorization.ts'
import { type Challenge, formatChallenge, parseChallenge } from './challenge.ts'
import { ha1, hashedUsername } from './response.ts'

const ALGORITHMS: readonly DigestAlgorithm[] = HASH_ALGORITHMS.flatMap((hash) => [hash, `${hash}-sess` as const])

const scenario = fc.record({
	algorithm: fc.constantFrom(...ALGORITHMS),
	qop: fc.subarray(['auth', 'auth-int'] as const),
	realm: quotable,
	nonce: quotable,
	opaque: fc.option(quotable, { nil: undefined }),
	userhash: fc.boolean(),
	username: quotable,
	password: fc.string({ unit: 'grapheme' }),
	body: fc.uint8Array(),
	nc: fc.integer({ min: 1, max: 0xffff_ffff }),
	cnonce: quotable,
	keepHa1: fc.boolean(),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function challengeFor(s: Scenario): Challenge {
	const { algorithm, qop, realm, nonce, opaque, userhash } = s
	const text = formatChallenge({ algorithm, qop, realm, nonce, userhash, ...(opaque !== undefined && { opaque }) })
	const challenge = parseChallenge(text)
	if (!challenge) throw new Error(`unread: ${text}`)
	return challenge
}

function answer(s: Scenario, change: Partial<Scenario> = {}): Authorization {
	const { username, password, cnonce, nc, body } = { ...s, ...change }
	const secret: DigestSecret = s.keepHa1
		? { ha1: { [hashOf(s.algorithm)]: ha1(s.algorithm, username, s.realm, password) } }
		: { password }
	const text = answerChallenge({
		challenge: challengeFor(s),
		username,
		secret,
		method: 'REGISTER',
		uri: 'sip:example.com',
		cnonce,
		nc,
		body,
	})
	const authorization = parseAuthorization(text)
	if (!authorization) throw new Error(`unread: ${text}`)
	return authorization
}

function verify(s: Scenario, authorization: Authorization, body: Uint8Array = s.body): boolean {
	return verifyAuthorization({
		authorization,
		method: 'REGISTER',
		ha1: (algorithm) => ha1(algorithm, s.username, s.realm, s.password),
		body,
	})
}

describe('our client and our server', () => {
	it('agree on every algorithm and quality, whatever the texts hold', () => {
		check(
			fc.property(scenario, (s) => {
				const authorization = answer(s)
				expect(verify(s, authorization)).toBe(true)
				expect(authorization).toMatchObject({
					realm: s.realm,
					nonce: s.nonce,
					algorithm: s.algorithm,
					userhash: s.userhash,
				})
				expect(authorization.opaque).toBe(s.opaque)
				expect(nonceCount(authorization)).toBe(s.qop.length > 0 ? s.nc : undefined)
				const username = s.userhash ? hashedUsername(s.algorithm, s.username, s.realm) : s.username
				expect(authorization.username).toBe(username)
			}),
			500,
		)
	})

	it('agree that another password is wrong', () => {
		check(
			fc.property(scenario, fc.string({ minLength: 1 }), (s, more) => {
				expect(verify(s, answer(s, { password: s.password + more }))).toBe(false)
			}),
		)
	})

	it('agree that a changed body is wrong where auth-int was all there was', () => {
		check(
			fc.property(scenario, (s) => {
				const integrity = { ...s, qop: ['auth-int' as const] }
				expect(verify(integrity, answer(integrity), Buffer.concat([s.body, Buffer.from('x')]))).toBe(false)
			}),
		)
	})

	it('agree on nothing once any hashed part is changed', () => {
		const part = fc.constantFrom('nonce', 'uri', 'response', 'cnonce', 'nc')
		check(
			fc.property(scenario, part, (s, name) => {
				const withQop = { ...s, qop: ['auth' as const] }
				const authorization = answer(withQop)
				expect(verify(withQop, { ...authorization, [name]: `${authorization[name]}0` })).toBe(false)
			}),
		)
	})

	it('never throw on any text', () => {
		check(
			fc.property(anyText, quotable, (text, other) => {
				for (const value of [text, `Digest ${text}`, `Digest realm="${other}", nonce=${text}, ${other}`]) {
					parseChallenge(value)
					parseAuthorization(value)
				}
			}),
			500,
		)
	})
})
