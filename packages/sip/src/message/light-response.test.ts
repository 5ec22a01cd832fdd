import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLightResponse } from './light-response.ts'
import { parseMessage } from './parse.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}
const NAMES = ['Via', 'v', 'From', 'f', 'To', 'Call-ID', 'CSeq', 'Contact', 'm', 'Expires', 'WWW-Authenticate', 'X-É']

const lines = (...parts: string[]) => Buffer.from([...parts, '', ''].join('\r\n'), 'utf8')

const ACCEPTED = lines(
	'SIP/2.0 200 OK',
	'Via: SIP/2.0/UDP 192.0.2.9:5080;rport=5080;branch=z9hG4bKabc;received=192.0.2.9',
	'From: <sip:alice@example.com>;tag=1',
	'To: <sip:alice@example.com>;tag=2',
	'Call-ID: call-1',
	'CSeq: 7 REGISTER',
	'm:  <sip:token@192.0.2.9:5080>;expires=600 ',
	'Server: Grüße',
	'Content-Length: 0',
)

describe('a light response', () => {
	it('finds values by name in any case and by compact form', () => {
		const response = readLightResponse(ACCEPTED)
		expect(response).toMatchObject({ status: 200, reason: 'OK' })
		expect(response?.get('contact')).toBe('<sip:token@192.0.2.9:5080>;expires=600')
		expect(response?.get('CSEQ')).toBe('7 REGISTER')
		expect(response?.get('Server')).toBe('Grüße')
		expect(response?.get('Expires')).toBeUndefined()
	})

	it.each([
		['a request', lines('REGISTER sip:example.com SIP/2.0', 'CSeq: 1 REGISTER')],
		['a folded line', Buffer.from(ACCEPTED.toString().replace('Server: ', 'Server:\r\n '))],
		['a bare line feed', Buffer.from(ACCEPTED.toString().replace('Server: ', 'Server: a\nb'))],
		['a bare carriage return', Buffer.from(ACCEPTED.toString().replace('Server: ', 'Server: a\rb'))],
		['two Call-IDs', Buffer.from(ACCEPTED.toString().replace('Server', 'Call-ID'))],
		['no CSeq', Buffer.from(ACCEPTED.toString().replace('CSeq', 'X-CSeq'))],
		['a body cut off', Buffer.from(ACCEPTED.toString().replace('Content-Length: 0', 'Content-Length: 9'))],
		['no end of the head', ACCEPTED.subarray(0, ACCEPTED.length - 2)],
		['nothing', Buffer.alloc(0)],
		['a reason phrase that is too long', Buffer.from(ACCEPTED.toString().replace('OK', 'x'.repeat(8200)))],
		['a line that is too long', Buffer.from(ACCEPTED.toString().replace('Grüße', 'x'.repeat(8200)))],
		['too many parameters', Buffer.from(ACCEPTED.toString().replace(';expires', ';p'.repeat(600)))],
		['a name that is too long', Buffer.from(ACCEPTED.toString().replace('Server', 'S'.repeat(256)))],
		['too many lines', Buffer.from(ACCEPTED.toString().replace('Server', `${'X: y\r\n'.repeat(300)}Server`))],
		[
			'too many bytes',
			Buffer.from(ACCEPTED.toString().replace('Server', `${`X: ${'y'.repeat(8000)}\r\n`.repeat(9)}Server`)),
		],
	])('leaves %s to the parser', (_what, bytes) => {
		expect(readLightResponse(bytes)).toBeUndefined()
	})

	it('reads a line with a name of any length up to that', () => {
		const name = 'S'.repeat(255)
		const response = readLightResponse(Buffer.from(ACCEPTED.toString().replace('Server', name)))
		expect(response?.get(name)).toBe('Grüße')
		expect(response?.get('Content-Length')).toBe('0')
	})

	it('keeps the blanks of a reason phrase, as the parser does', () => {
		const bytes = Buffer.from(ACCEPTED.toString().replace('OK', ' O K '))
		const parsed = parseMessage(bytes)
		expect(parsed.ok && parsed.message.kind === 'response' && parsed.message.reason).toBe(' O K ')
		expect(readLightResponse(bytes)?.reason).toBe(' O K ')
	})

	it('reads what the parser reads, or leaves it', () => {
		const mutation = fc.record({ at: fc.nat(ACCEPTED.length - 1), byte: fc.integer({ min: 0, max: 255 }) })
		fc.assert(
			fc.property(fc.array(mutation, { maxLength: 4 }), fc.nat(20), (mutations, cut) => {
				const bytes = Buffer.from(ACCEPTED.subarray(0, ACCEPTED.length - cut))
				for (const { at, byte } of mutations) if (at < bytes.length) bytes[at] = byte
				const light = readLightResponse(bytes)
				if (!light) return
				const parsed = parseMessage(bytes)
				expect(parsed).toMatchObject({ ok: true, message: { kind: 'response', status: light.status } })
				if (!parsed.ok || parsed.message.kind !== 'response') return
				expect(light.reason).toBe(parsed.message.reason)
				for (const name of NAMES) expect(light.all(name)).toEqual(parsed.message.headers.all(name))
			}),
			{ numRuns: 3000, ...seed },
		)
	})
})
