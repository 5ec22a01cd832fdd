import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { original, readable, summarize } from './message-filter.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

function invite(from: string, body = ''): string {
	return [
		'INVITE sip:d1@x.invalid SIP/2.0',
		'v: SIP/2.0/WSS edge.example.com;rport;branch=z9hG4bK-1',
		`From: ${from}`,
		'To: "a;tag=no" <sip:d1@edge.example.com;x=1>',
		'Call-ID: abc@up',
		'CSeq: 1 INVITE',
		'',
		body,
	].join('\r\n')
}

describe('what sip.js cannot read', () => {
	it('takes a telephone number for a SIP address and gives it back', () => {
		const message = invite('"Bob" <tel:+1-201-555-0123;phone-context=example.com>;tag=1', 'm=<tel:1>')
		const changed = readable(message)
		expect(changed).toContain('<sip:%2B1-201-555-0123%3Bphone-context%3Dexample.com@tel.invalid>;tag=1')
		expect(changed).toContain('\r\n\r\nm=<tel:1>')
		expect(original(changed)).toBe(message)
	})

	it('takes one without brackets, whose parameters belong to the header', () => {
		expect(readable(invite('tel:+1201;tag=7'))).toContain('From: <sip:%2B1201@tel.invalid>;tag=7\r\n')
	})

	it('gives any number back', () => {
		const number = fc.stringMatching(/^[0-9A-Za-z+*#()\-.;=%!$&'?/ ]{0,30}$/)
		const roundTrip = (rest: string) => {
			const message = invite(`<tel:${rest}>;tag=1`)
			expect(original(readable(message))).toBe(message)
		}
		fc.assert(fc.property(number, roundTrip), seed)
	})

	it('keeps the one challenge that sip.js can answer', () => {
		const response = [
			'SIP/2.0 401 Unauthorized',
			'WWW-Authenticate: Digest realm="r", nonce="1", algorithm=SHA-256',
			'WWW-Authenticate: Digest realm="r",',
			' nonce="2", algorithm=md5, qop="auth"',
			'Call-ID: 1',
			'',
			'',
		].join('\r\n')
		expect(readable(response)).toBe(
			[
				'SIP/2.0 401 Unauthorized',
				'WWW-Authenticate: Digest realm="r",',
				' nonce="2", algorithm=MD5, qop="auth"',
				'Call-ID: 1',
				'',
				'',
			].join('\r\n'),
		)
	})

	it('changes no other message and throws on none', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				const message = text.replaceAll('tel', 'x')
				expect(readable(message)).toBe(message)
				original(text)
				summarize(text)
			}),
			seed,
		)
	})
})

describe('the summary of a request', () => {
	it('reads compact names and is not misled by names and URIs that mention a tag', () => {
		expect(summarize(invite('<sip:b@x>;tag=1'))).toEqual({
			serviceCallId: undefined,
			method: 'INVITE',
			callId: 'abc@up',
			branch: 'z9hG4bK-1',
			hasToTag: false,
		})
		expect(summarize(invite('<sip:b@x>').replace(';x=1>', '>;tag=9'))?.hasToTag).toBe(true)
	})

	it('is undefined for a response', () => {
		expect(summarize('SIP/2.0 200 OK\r\nCall-ID: 1\r\nVia: SIP/2.0/WS x;branch=1\r\n\r\n')).toBeUndefined()
	})
})
