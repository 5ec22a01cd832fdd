import { describe, expect, it } from 'vitest'
import type { DigestAlgorithm } from './algorithm.ts'
import { answerChallenge } from './answer.ts'
import { parseAuthorization, verifyAuthorization } from './authorization.ts'
import { parseChallenge } from './challenge.ts'
import { digestResponse, ha1, hashedUsername } from './response.ts'

interface Vector {
	readonly challenge: string
	readonly username: string
	readonly password: string
	readonly uri: string
	readonly cnonce: string
	readonly response: string
	readonly sentUsername?: string
}

const RFC_7616_CHALLENGE =
	'Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", algorithm='
const RFC_7616 = {
	username: 'Mufasa',
	password: 'Circle of Life',
	uri: '/dir/index.html',
	cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
}

const VECTORS: Record<string, Vector> = {
	'RFC 2617 3.5 (MD5, algorithm not stated)': {
		challenge:
			'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
		username: 'Mufasa',
		password: 'Circle Of Life',
		uri: '/dir/index.html',
		cnonce: '0a4f113b',
		response: '6629fae49393a05397450978507c4ef1',
	},
	'RFC 2069 2.4 as corrected by erratum 749 (no qop)': {
		challenge:
			'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
		username: 'Mufasa',
		password: 'CircleOfLife',
		uri: '/dir/index.html',
		cnonce: '',
		response: '1949323746fe6a43ef61f9606e7febea',
	},
	'RFC 7616 3.9.1, SHA-256': {
		...RFC_7616,
		challenge: `${RFC_7616_CHALLENGE}SHA-256`,
		response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
	},
	'RFC 7616 3.9.1, MD5': {
		...RFC_7616,
		challenge: `${RFC_7616_CHALLENGE}MD5`,
		response: '8ca523f5e9506fed4657c9700eebdbec',
	},
	'RFC 7616 3.9.2, SHA-512-256 with userhash, as corrected by erratum 4897': {
		challenge:
			'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
		username: 'J\u00e4s\u00f8n Doe',
		password: 'Secret, or not?',
		uri: '/doe.json',
		cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
		response: '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
		sentUsername: '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
	},
}

describe('published examples', () => {
	it.each(Object.entries(VECTORS))('%s', (_name, vector) => {
		const challenge = parseChallenge(vector.challenge)
		if (!challenge) throw new Error('no challenge')
		const { username, password, uri, cnonce } = vector
		const text = answerChallenge({ challenge, username, secret: { password }, method: 'GET', uri, cnonce, nc: 1 })
		const authorization = parseAuthorization(text)
		expect(authorization).toMatchObject({ response: vector.response, opaque: challenge.opaque })
		expect(authorization?.username).toBe(vector.sentUsername ?? username)
		if (!authorization) throw new Error('no authorization')
		const stored = (algorithm: DigestAlgorithm): string => ha1(algorithm, username, challenge.realm, password)
		expect(verifyAuthorization({ authorization, method: 'GET', ha1: stored })).toBe(true)
		expect(verifyAuthorization({ authorization, method: 'PUT', ha1: stored })).toBe(false)
	})
})

describe('the parts', () => {
	it('hash alike for an algorithm and its -sess form', () => {
		expect(ha1('MD5-sess', 'u', 'r', 'p')).toBe(ha1('MD5', 'u', 'r', 'p'))
		expect(hashedUsername('SHA-256-sess', 'u', 'r')).toBe(hashedUsername('SHA-256', 'u', 'r'))
	})

	it('bind HA1 to nonce and cnonce for -sess, and the body for auth-int', () => {
		const input = {
			algorithm: 'MD5',
			ha1: 'a',
			nonce: 'n',
			method: 'M',
			uri: 'u',
			qop: 'auth-int',
			nc: '1',
			cnonce: 'c',
		} as const
		const plain = digestResponse(input)
		expect(digestResponse({ ...input, algorithm: 'MD5-sess' })).not.toBe(plain)
		expect(digestResponse({ ...input, body: Buffer.from('x') })).not.toBe(plain)
		expect(digestResponse({ ...input, body: Buffer.alloc(0) })).toBe(plain)
	})
})
