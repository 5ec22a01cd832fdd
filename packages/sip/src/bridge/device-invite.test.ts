import { describe, expect, it } from 'vitest'
import { callersInvite } from '../../test/bridge-scene.ts'
import { text, withFields } from '../../test/messages.ts'
import { serializeMessage } from '../message/serialize.ts'
import { createDeviceInvite, type DeviceInviteParts } from './device-invite.ts'

function make(parts: Partial<DeviceInviteParts> = {}) {
	return createDeviceInvite({
		callerInvite: callersInvite(),
		requestUri: 'sip:phone@edge.example;fid=1',
		routes: ['<sip:edge.example;lr>'],
		localTag: 'bridge',
		contact: '<sip:worker.example:5070>',
		...parts,
	})
}

describe('createDeviceInvite', () => {
	it('is the caller’s INVITE in a dialog of its own', () => {
		const callerInvite = callersInvite([
			['Route', '<sip:service.example;lr>'],
			['Authorization', 'Digest username="x"'],
			['Proxy-Authorization', 'Digest username="y"'],
			['P-Asserted-Identity', '<sip:ann@upstream.example>'],
			['X-Unknown', 'kept'],
			['x', '1800;refresher=uac'],
		])
		const lines = text(serializeMessage(make({ callerInvite, extraHeaders: [['Alert-Info', '<urn:alert>']] }))).split(
			'\r\n',
		)
		expect(lines).toEqual([
			'INVITE sip:phone@edge.example;fid=1 SIP/2.0',
			'Route: <sip:edge.example;lr>',
			'Max-Forwards: 69',
			'From: "Ann" <sip:ann@upstream.example>;tag=bridge',
			'To: <sip:bob@upstream.example>',
			'Call-ID: call-1@upstream.example',
			'CSeq: 20 INVITE',
			'Contact: <sip:worker.example:5070>',
			'Content-Type: application/sdp',
			'P-Asserted-Identity: <sip:ann@upstream.example>',
			'X-Unknown: kept',
			'x: 1800;refresher=uac',
			'Alert-Info: <urn:alert>',
			'X-Push-ID: call-1@upstream.example',
			'Content-Length: 5',
			'',
			'offer',
		])
	})

	it('puts its own headers in place of the caller’s', () => {
		const callerInvite = callersInvite([
			['X-Push-ID', 'forged'],
			['Subject', 'theirs'],
		])
		const { headers } = make({ callerInvite, extraHeaders: [['s', 'ours']] })
		expect(headers.all('X-Push-ID')).toEqual(['call-1@upstream.example'])
		expect(headers.all('Subject')).toEqual(['ours'])
	})

	it('counts Max-Forwards down to nothing, and begins at 70', () => {
		const lower = (value: string) =>
			make({ callerInvite: callersInvite([['Max-Forwards', value]]) }).headers.get('Max-Forwards')
		expect([lower('70'), lower('1'), lower('0'), lower('9999'), lower('rubbish')]).toEqual(['69', '0', '0', '69', '69'])
		const without = callersInvite()
		without.headers.remove('Max-Forwards')
		expect(make({ callerInvite: without }).headers.get('Max-Forwards')).toBe('70')
	})

	it('takes 100rel out of the offer where several devices ring', () => {
		const callerInvite = callersInvite([
			['Supported', 'timer, 100rel, replaces'],
			['Require', '100rel'],
		])
		const { headers } = make({ callerInvite, reliableProvisionals: false })
		expect(headers.get('Supported')).toBe('timer, replaces')
		expect(headers.has('Require')).toBe(false)
		expect(make({ callerInvite }).headers.get('Require')).toBe('100rel')
	})

	it('calls anonymous who cannot be read', () => {
		const callerInvite = withFields(callersInvite(), [['From', '"broken']])
		expect(make({ callerInvite }).headers.get('From')).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=bridge')
	})
})
