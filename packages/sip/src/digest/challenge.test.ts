import { describe, expect, it } from 'vitest'
import { Headers } from '../message/headers.ts'
import { EMPTY_BODY } from '../message/message.ts'
import { parseAuthSchemes } from './auth-params.ts'
import {
	challengesOf,
	chooseChallenges,
	formatChallenge,
	isAnswerable,
	parseChallenge,
	parseChallenges,
} from './challenge.ts'

describe('parseChallenge', () => {
	it('reads every parameter', () => {
		const text =
			'Digest realm="a \\"b\\" \\\\c", domain="sip:x", nonce="n,=\\"", opaque="", stale=TRUE, algorithm=SHA-256-sess, qop="auth, auth-int", userhash=true, charset=UTF-8'
		expect(parseChallenge(text, true)).toEqual({
			proxy: true,
			realm: 'a "b" \\c',
			nonce: 'n,="',
			opaque: '',
			stale: true,
			algorithm: 'SHA-256-sess',
			algorithmText: 'SHA-256-sess',
			qop: ['auth', 'auth-int'],
			userhash: true,
		})
	})

	it('takes MD5 when no algorithm is stated', () => {
		expect(parseChallenge('Digest realm="r", nonce="n"')).toEqual({
			proxy: false,
			realm: 'r',
			nonce: 'n',
			algorithm: 'MD5',
			qop: [],
			stale: false,
			userhash: false,
		})
	})

	it.each([
		'digest realm=r,nonce=n,qop=auth,algorithm="md5"',
		'Digest realm = "r" , nonce = "n" , qop = "auth" , algorithm = MD5',
		'Digest realm="r" nonce="n" qop="auth" algorithm=MD5',
		'Digest ,, realm=r, @@@, nonce=n, qop="auth", algorithm=MD5,',
		'Digest realm="r", realm="other", nonce="n", qop="AUTH", algorithm=MD5',
		'Basic realm="x", Digest realm=r, nonce=n, qop=auth, algorithm=MD5',
		'Bearer abc/def==, Digest realm=r, nonce=n, qop=auth, algorithm=MD5',
	])('takes the sloppy %s', (text) => {
		expect(parseChallenge(text)).toMatchObject({ realm: 'r', nonce: 'n', qop: ['auth'], algorithm: 'MD5' })
	})

	it('keeps blanks inside of a realm that lacks its quotes', () => {
		expect(parseChallenge('Digest realm=My Realm, nonce=n')).toMatchObject({ realm: 'My Realm', nonce: 'n' })
	})

	it.each([
		'',
		'Digest',
		'Basic realm="r"',
		'Digest realm="r"',
		'Digest nonce="n"',
		'Digest realm="r, nonce="n',
		'realm="r", nonce="n"',
	])('refuses %j', (text) => {
		expect(parseChallenge(text)).toBeUndefined()
	})

	it('reads several out of one field', () => {
		const challenges = parseChallenges('Digest realm="a", nonce="1", Digest realm="b", nonce="2", algorithm=SHA-256')
		expect(challenges.map(({ realm, algorithm }) => [realm, algorithm])).toEqual([
			['a', 'MD5'],
			['b', 'SHA-256'],
		])
	})
})

describe('chooseChallenges', () => {
	const names = (headers: Headers, hashes?: Parameters<typeof chooseChallenges>[1]): string[] =>
		chooseChallenges(
			challengesOf({ kind: 'response', status: 401, reason: '', headers, body: EMPTY_BODY }),
			hashes,
		).map(({ proxy, realm, algorithm }) => `${proxy ? 'proxy' : 'server'} ${realm} ${algorithm}`)

	const mixed = new Headers([
		{ name: 'WWW-Authenticate', value: formatChallenge({ realm: 'a', nonce: '1', algorithm: 'MD5' }) },
		{ name: 'Proxy-Authenticate', value: formatChallenge({ realm: 'a', nonce: '2', algorithm: 'SHA-256' }) },
		{ name: 'WWW-Authenticate', value: formatChallenge({ realm: 'a', nonce: '3', algorithm: 'SHA-512-256' }) },
		{ name: 'WWW-Authenticate', value: formatChallenge({ realm: 'a', nonce: '4', algorithm: 'SHA-256' }) },
		{ name: 'Proxy-Authenticate', value: formatChallenge({ realm: 'b', nonce: '5', algorithm: 'MD5-sess' }) },
		{ name: 'WWW-Authenticate', value: 'Digest realm="a", nonce="6", algorithm=SHA-3' },
		{ name: 'Proxy-Authenticate', value: 'Digest realm="b", nonce="7", algorithm=SHA-512-256, qop="auth-conf"' },
	])

	it('takes the strongest of each realm, 401 and 407 apart', () => {
		expect(names(mixed)).toEqual(['server a SHA-512-256', 'proxy a SHA-256', 'proxy b MD5-sess'])
	})

	it('takes what the hashes at hand can answer', () => {
		expect(names(mixed, ['MD5'])).toEqual(['server a MD5', 'proxy b MD5-sess'])
		expect(names(mixed, [])).toEqual([])
	})

	it('takes the earlier of two that are equal', () => {
		const two = ['1', '2'].flatMap((nonce) => parseChallenges(`Digest realm="a", nonce="${nonce}"`))
		expect(chooseChallenges(two).map(({ nonce }) => nonce)).toEqual(['1'])
	})

	it('knows what cannot be answered', () => {
		const read = (text: string): boolean => {
			const challenge = parseChallenge(`Digest realm="r", nonce="n", ${text}`)
			return challenge !== undefined && isAnswerable(challenge)
		}
		expect(
			['algorithm=AKAv1-MD5', 'qop="auth-conf"', 'qop="auth-int"', 'qop=""', 'algorithm=md5-SESS'].map(read),
		).toEqual([false, false, true, true, true])
	})
})

describe('formatChallenge', () => {
	it('quotes what the grammar wants quoted, and nothing else', () => {
		expect(
			formatChallenge({
				realm: 'a"b',
				nonce: 'n',
				algorithm: 'SHA-256',
				qop: ['auth', 'auth-int'],
				opaque: 'o',
				stale: true,
				userhash: true,
			}),
		).toBe(
			'Digest realm="a\\"b", nonce="n", opaque="o", stale=true, algorithm=SHA-256, qop="auth,auth-int", userhash=true',
		)
		expect(formatChallenge({ realm: 'r', nonce: 'n', algorithm: 'MD5', qop: [] })).toBe(
			'Digest realm="r", nonce="n", algorithm=MD5',
		)
	})
})

describe('parseAuthSchemes', () => {
	it('gives up on a quoted string that never closes', () => {
		expect(parseAuthSchemes('Digest realm="r')).toBeUndefined()
	})

	it('drops parameters without a scheme', () => {
		expect(parseAuthSchemes('a=1, Digest b=2')).toEqual([{ name: 'digest', params: new Map([['b', '2']]) }])
	})
})
