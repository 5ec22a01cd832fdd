import { describe, expect, it } from 'vitest'
import { tagOf } from '../address/name-addr.ts'
import { buildRequest, buildResponse, type HeaderPair } from './build.ts'
import type { SipRequest } from './message.ts'
import { reasonPhrase } from './reason-phrases.ts'

function invite(method = 'INVITE', extra: readonly HeaderPair[] = []): SipRequest {
	return buildRequest({
		method,
		uri: 'sip:bob@example.com',
		headers: [
			['Via', 'SIP/2.0/UDP a;branch=z9hG4bK1'],
			['Max-Forwards', '70'],
			['Record-Route', '<sip:p1;lr>'],
			['Via', 'SIP/2.0/UDP b;branch=z9hG4bK2'],
			['Record-Route', '<sip:p2;lr>'],
			['From', '<sip:ann@example.com>;tag=a'],
			['To', '<sip:bob@example.com>'],
			['Call-ID', 'id'],
			['CSeq', `1 ${method}`],
			['Timestamp', '54'],
			...extra,
		],
	})
}

describe('buildResponse', () => {
	it('copies the fields of RFC 3261 8.2.6.2 and the route of a dialog', () => {
		const response = buildResponse(invite(), 180, undefined, { toTag: 'b', headers: [['Contact', '<sip:bob@c>']] })
		expect(response).toMatchObject({ kind: 'response', status: 180, reason: 'Ringing' })
		expect([...response.headers].map(({ name, value }) => `${name}: ${value}`)).toEqual([
			'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
			'Via: SIP/2.0/UDP b;branch=z9hG4bK2',
			'Record-Route: <sip:p1;lr>',
			'Record-Route: <sip:p2;lr>',
			'From: <sip:ann@example.com>;tag=a',
			'To: <sip:bob@example.com>;tag=b',
			'Call-ID: id',
			'CSeq: 1 INVITE',
			'Contact: <sip:bob@c>',
		])
	})

	it.each([
		['INVITE', 100, false],
		['INVITE', 183, true],
		['INVITE', 200, true],
		['INVITE', 302, false],
		['INVITE', 486, false],
		['SUBSCRIBE', 200, true],
		['REGISTER', 200, false],
		['OPTIONS', 200, false],
	])('to %s with %i carries Record-Route: %s', (method, status, carries) => {
		expect(buildResponse(invite(method), status).headers.has('Record-Route')).toBe(carries)
	})

	it('carries Timestamp and no new tag in a 100', () => {
		const { headers } = buildResponse(invite(), 100, undefined, { toTag: 'b' })
		expect(headers.get('Timestamp')).toBe('54')
		expect(headers.get('To')).toBe('<sip:bob@example.com>')
		expect(buildResponse(invite(), 180).headers.has('Timestamp')).toBe(false)
	})

	it('has a tag in every To but that of a 100, the same for each copy of the request', () => {
		expect(tagOf(buildResponse(invite(), 100).headers.get('To') ?? '')).toBeUndefined()
		const tag = tagOf(buildResponse(invite(), 404).headers.get('To') ?? '')
		expect(tag).toMatch(/^[0-9a-f]{16}$/)
		expect(tagOf(buildResponse(invite(), 404).headers.get('To') ?? '')).toBe(tag)
		const other = invite()
		other.headers.set('Call-ID', 'another')
		expect(tagOf(buildResponse(other, 404).headers.get('To') ?? '')).not.toBe(tag)
	})

	it('keeps the tag of a request inside of a dialog', () => {
		const request = invite()
		request.headers.set('To', '<sip:bob@example.com>;tag=known')
		expect(buildResponse(request, 200, 'Fine', { toTag: 'b', body: 'x' })).toMatchObject({
			reason: 'Fine',
			body: Buffer.from('x'),
		})
		expect(buildResponse(request, 200, 'Fine', { toTag: 'b' }).headers.get('To')).toBe(
			'<sip:bob@example.com>;tag=known',
		)
	})
})

describe('reasonPhrase', () => {
	it.each([
		[200, 'OK'],
		[481, 'Call/Transaction Does Not Exist'],
		[555, 'Push Notification Service Not Supported'],
		[499, 'Bad Request'],
		[110, 'Trying'],
		[699, 'Decline'],
	])('of %i is %s', (status, phrase) => {
		expect(reasonPhrase(status)).toBe(phrase)
	})
})
