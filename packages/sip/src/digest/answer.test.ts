import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../message/parse.ts'
import { serializeMessage } from '../message/serialize.ts'
import { type AnswerInput, answerChallenge, UnanswerableChallengeError } from './answer.ts'
import { type Authorization, parseAuthorization, type VerifyInput, verifyAuthorization } from './authorization.ts'
import { parseChallenge } from './challenge.ts'
import { ha1 } from './response.ts'

function answer(challengeText: string, change: Partial<AnswerInput> = {}): string {
	const challenge = parseChallenge(`Digest realm="r", nonce="n", ${challengeText}`)
	if (!challenge) throw new Error('no challenge')
	const base = {
		challenge,
		username: 'u',
		secret: { password: 'p' },
		method: 'REGISTER',
		uri: 'sip:h',
		cnonce: 'c',
		nc: 26,
	}
	return answerChallenge({ ...base, ...change })
}

function authorization(text: string): Authorization {
	const read = parseAuthorization(text)
	if (!read) throw new Error(`unread: ${text}`)
	return read
}

describe('a challenge whose realm and nonce are no UTF-8', () => {
	const latin1 = (text: string) => Buffer.from(text, 'latin1')
	const md5 = (text: string) => createHash('md5').update(latin1(text)).digest('hex')

	it('is answered with the same octets, and over them', () => {
		const asked = parseMessage(
			latin1(
				`${['SIP/2.0 401 Nein', 'Via: SIP/2.0/UDP a.test;branch=z9hG4bK1', 'From: <sip:u@h>;tag=1', 'To: <sip:u@h>;tag=2', 'Call-ID: c', 'CSeq: 1 REGISTER', 'WWW-Authenticate: Digest realm="B\xfcro \xe2\x82", nonce="n\xff", algorithm=MD5', 'Content-Length: 0'].join('\r\n')}\r\n\r\n`,
			),
		)
		if (!asked.ok) throw new Error(asked.error.detail)
		const challenge = parseChallenge(asked.message.headers.get('WWW-Authenticate') ?? '')
		if (!challenge) throw new Error('no challenge')
		const input = {
			challenge,
			username: 'u',
			secret: { password: 'p' },
			method: 'REGISTER',
			uri: 'sip:h',
			cnonce: 'c',
			nc: 1,
		}
		asked.message.headers.set('Authorization', answerChallenge(input))
		const sent = Buffer.from(serializeMessage(asked.message)).toString('latin1')
		const response = md5(`${md5('u:B\xfcro \xe2\x82:p')}:n\xff:${md5('REGISTER:sip:h')}`)
		expect(sent).toContain(
			`Authorization: Digest username="u", realm="B\xfcro \xe2\x82", nonce="n\xff", uri="sip:h", response="${response}"`,
		)
	})
})

describe('answerChallenge', () => {
	it('writes what RFC 7616 3.4 asks for, tokens without quotes', () => {
		const text = answer('qop="auth-int,auth", algorithm=MD5, opaque="o\\"p"')
		expect(text).toMatch(
			/^Digest username="u", realm="r", nonce="n", uri="sip:h", response="[0-9a-f]{32}", algorithm=MD5, cnonce="c", qop=auth, nc=0000001a, opaque="o\\"p"$/,
		)
	})

	it('says neither algorithm nor qop, nc and cnonce where the challenge did not', () => {
		expect(answer('')).toMatch(/^Digest username="u", realm="r", nonce="n", uri="sip:h", response="[0-9a-f]{32}"$/)
	})

	it('tells the cnonce to a -sess server that offers no qop', () => {
		expect(answer('algorithm=SHA-256-sess')).toContain('cnonce="c"')
	})

	it('takes auth-int only where there is nothing else', () => {
		expect(authorization(answer('qop="auth-int"')).qop).toBe('auth-int')
		expect(authorization(answer('qop="auth-int,auth"')).qop).toBe('auth')
	})

	it('escapes a user name that holds quotes', () => {
		expect(authorization(answer('', { username: 'DOMAIN\\u"x' })).username).toBe('DOMAIN\\u"x')
	})

	it('works from HA1 alone, for the hash that it is of', () => {
		const secret = { ha1: { 'SHA-256': ha1('SHA-256', 'u', 'r', 'p') } }
		expect(answer('algorithm=SHA-256', { secret })).toBe(answer('algorithm=SHA-256'))
		expect(() => answer('algorithm=MD5', { secret })).toThrow(UnanswerableChallengeError)
	})

	it('refuses what it cannot answer', () => {
		expect(() => answer('algorithm=SHA-3')).toThrow(UnanswerableChallengeError)
		expect(() => answer('qop="auth-conf"')).toThrow(UnanswerableChallengeError)
		for (const nc of [0, -1, 1.5, 2 ** 32]) expect(() => answer('', { nc })).toThrow(RangeError)
	})
})

describe('parseAuthorization', () => {
	const good = 'Digest username="u", realm="r", nonce="n", uri="sip:h", response="abc"'

	it.each([
		['quoted nc, qop and algorithm', `${good}, nc="00000001", qop="auth", cnonce="c", algorithm="MD5"`],
		['values without quotes', 'digest username=u,realm=r,nonce=n,uri=sip:h,response=abc,qop=auth,nc=00000001,cnonce=c'],
	])('takes %s', (_what, text) => {
		expect(parseAuthorization(text)).toMatchObject({
			username: 'u',
			uri: 'sip:h',
			response: 'abc',
			algorithm: 'MD5',
			nc: '00000001',
			qop: 'auth',
			cnonce: 'c',
		})
	})

	it.each([
		'',
		'Basic dTpw',
		'Digest username="u"',
		`${good}, qop=auth`,
		`${good}, qop=auth, cnonce="c"`,
		`${good}, qop=auth, cnonce="c", nc=1`,
		`${good}, qop=auth, cnonce="c", nc=0000000g`,
		good.replace('username="u", ', ''),
		good.replace(', response="abc"', ''),
	])('refuses %j', (text) => {
		expect(parseAuthorization(text)).toBeUndefined()
	})
})

describe('verifyAuthorization', () => {
	const verify = (text: string, change: Partial<VerifyInput> = {}): boolean =>
		verifyAuthorization({
			authorization: authorization(text),
			method: 'REGISTER',
			ha1: (algorithm) => ha1(algorithm, 'u', 'r', 'p'),
			...change,
		})

	it('takes the right answer and no other method', () => {
		expect(verify(answer('qop="auth"'))).toBe(true)
		expect(verify(answer('qop="auth"'), { method: 'INVITE' })).toBe(false)
	})

	it('refuses an unknown user, also when the answer was made for an empty HA1', () => {
		const secret = { ha1: { MD5: '' } }
		expect(verify(answer('', { secret }), { ha1: () => undefined })).toBe(false)
	})

	it('refuses algorithms that were not offered, and unknown ones', () => {
		expect(verify(answer('algorithm=MD5'), { algorithms: ['SHA-256'] })).toBe(false)
		expect(verify(answer('algorithm=SHA-256'), { algorithms: ['SHA-256'] })).toBe(true)
		expect(verify(answer('algorithm=MD5').replace('MD5', 'SHA-3'))).toBe(false)
	})

	it('refuses the old digest where qop is required, and unknown qop always', () => {
		expect(verify(answer(''), { requireQop: true })).toBe(false)
		expect(verify(answer('qop="auth"'), { requireQop: true })).toBe(true)
		expect(verify(answer('qop="auth"').replace('qop=auth', 'qop=auth-conf'))).toBe(false)
	})

	it('takes a response in upper-case hex', () => {
		expect(
			verify(answer('').replace(/response="(.*)"/, (_all, hex: string) => `response="${hex.toUpperCase()}"`)),
		).toBe(true)
	})
})
