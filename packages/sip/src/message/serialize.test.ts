import { describe, expect, it } from 'vitest'
import { buildRequest, buildResponse } from './build.ts'
import type { SipMessage } from './message.ts'
import { serializeMessage, UnsafeMessageError } from './serialize.ts'

function text(message: SipMessage): string {
	return Buffer.from(serializeMessage(message)).toString()
}

const parts = { method: 'MESSAGE', uri: 'sip:bob@example.com', headers: [['Via', 'SIP/2.0/UDP a']] as const }

describe('serializeMessage', () => {
	it('writes fields in order and Content-Length in bytes', () => {
		expect(text(buildRequest({ ...parts, body: 'Grüße' }))).toBe(
			'MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nContent-Length: 7\r\n\r\nGrüße',
		)
	})

	it('corrects Content-Length in its place and writes it once', () => {
		const headers = [
			['l', '99'],
			['Subject', ''],
			['Content-Length', '5'],
		] as const
		expect(text(buildRequest({ ...parts, headers }))).toBe(
			'MESSAGE sip:bob@example.com SIP/2.0\r\nl: 0\r\nSubject: \r\n\r\n',
		)
	})

	it('writes responses, also without a reason phrase', () => {
		const response = buildResponse(buildRequest(parts), 486, '')
		expect(text(response)).toBe('SIP/2.0 486 \r\nVia: SIP/2.0/UDP a\r\nContent-Length: 0\r\n\r\n')
	})

	it.each([
		['a value', buildRequest({ ...parts, headers: [['Subject', 'x\r\nVia: evil']] })],
		['a value by LF alone', buildRequest({ ...parts, headers: [['Subject', 'x\nVia: evil']] })],
		['a value by CR alone', buildRequest({ ...parts, headers: [['Subject', 'x\rVia: evil']] })],
		['a name', buildRequest({ ...parts, headers: [['X: y\r\nVia', 'evil']] })],
		['an empty name', buildRequest({ ...parts, headers: [['', 'x']] })],
		['the method', buildRequest({ ...parts, method: 'MESSAGE sip:evil SIP/2.0\r\nX:' })],
		['the Request-URI by a blank', buildRequest({ ...parts, uri: 'sip:bob@example.com SIP/2.0' })],
		['the Request-URI by a line break', buildRequest({ ...parts, uri: 'sip:bob@example.com\r\nVia:evil' })],
		['an empty Request-URI', buildRequest({ ...parts, uri: '' })],
		['the reason phrase', buildResponse(buildRequest(parts), 400, 'x\r\nVia: evil')],
		['the status', buildResponse(buildRequest(parts), 99)],
		['a fractional status', buildResponse(buildRequest(parts), 200.5)],
	])('refuses what would break out of %s', (_what, message) => {
		expect(() => serializeMessage(message)).toThrow(UnsafeMessageError)
	})
})
