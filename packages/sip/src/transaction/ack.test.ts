import { describe, expect, it } from 'vitest'
import { bytes, request, response } from '../../test/messages.ts'
import { Headers } from '../message/headers.ts'
import { ackForRejection, buildCancel } from './ack.ts'

function sentInvite() {
	const invite = request(
		'INVITE',
		[
			['CSeq', '7 INVITE'],
			['Content-Type', 'application/sdp'],
		],
		bytes('v=0'),
	)
	invite.headers.append('Via', 'SIP/2.0/UDP second.example;branch=z9hG4bK-below')
	invite.headers.append('Route', '<sip:p1.example;lr>').append('Route', '<sip:p2.example;lr>')
	return invite
}

describe('ackForRejection', () => {
	it('is the INVITE at the same hop, with the To of the response', () => {
		const invite = sentInvite()
		const ack = ackForRejection(invite, response(invite, 486))
		expect(ack.method).toBe('ACK')
		expect(ack.uri).toBe(invite.uri)
		expect([...ack.headers].map(({ name, value }) => `${name}: ${value}`)).toEqual([
			'Via: SIP/2.0/UDP caller.example:5062;branch=z9hG4bK-1',
			'Max-Forwards: 70',
			'Route: <sip:p1.example;lr>',
			'Route: <sip:p2.example;lr>',
			'From: "Ann" <sip:ann@upstream.example>;tag=caller',
			'To: <sip:bob@upstream.example>;tag=callee',
			'Call-ID: call-1@upstream.example',
			'CSeq: 7 ACK',
		])
		expect(ack.body.length).toBe(0)
	})

	it('copes with a response that has no To', () => {
		const invite = sentInvite()
		const bare = { ...response(invite, 500), headers: new Headers() }
		expect(ackForRejection(invite, bare).headers.get('To')).toBe('<sip:bob@upstream.example>')
	})
})

describe('buildCancel', () => {
	it('identifies the request exactly and has nothing of its body', () => {
		const invite = sentInvite()
		const cancel = buildCancel(invite, [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']])
		expect(cancel.uri).toBe(invite.uri)
		expect(cancel.headers.all('Via')).toEqual(['SIP/2.0/UDP caller.example:5062;branch=z9hG4bK-1'])
		expect(cancel.headers.get('To')).toBe('<sip:bob@upstream.example>')
		expect(cancel.headers.get('CSeq')).toBe('7 CANCEL')
		expect(cancel.headers.all('Route')).toEqual(invite.headers.all('Route'))
		expect(cancel.headers.get('Reason')).toContain('elsewhere')
		expect(cancel.headers.has('Content-Type')).toBe(false)
	})
})
