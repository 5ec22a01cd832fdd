import { describe, expect, it } from 'vitest'
import { bytes, request } from '../../test/messages.ts'
import { createUpstreamInvite } from './upstream-invite.ts'

const parts = {
	routes: ['<sip:proxy.pbx.example;lr>'],
	addressOfRecord: 'sip:alice@pbx.example',
	localTag: 'ours',
	callId: 'fresh',
	contact: '<sip:token@192.0.2.9:5080>',
}

function devicesInvite(from: string) {
	return request(
		'INVITE',
		[
			['From', from],
			['P-Asserted-Identity', '<sip:dev1@vigil>'],
			['P-Preferred-Identity', '<sip:alice@pbx.example>'],
			['Record-Route', '<sip:secret@10.0.0.1;lr>'],
			['Privacy', 'id'],
			['X-App', 'kept'],
		],
		bytes('offer'),
	)
}

describe('the INVITE to the server of the account', () => {
	it('is of the account, and keeps what is not of the device', () => {
		const callerInvite = devicesInvite('"Al" <sip:dev1@vigil>;tag=device')
		const { uri, headers, body } = createUpstreamInvite({ ...parts, callerInvite })
		expect(uri).toBe(callerInvite.uri)
		expect(headers.get('From')).toBe('"Al" <sip:alice@pbx.example>;tag=ours')
		expect(headers.get('To')).toBe(callerInvite.headers.get('To'))
		expect(headers.get('Call-ID')).toBe('fresh')
		expect(headers.get('Contact')).toBe(parts.contact)
		expect(headers.all('Route')).toEqual(parts.routes)
		expect(headers.get('X-App')).toBe('kept')
		for (const name of ['P-Asserted-Identity', 'P-Preferred-Identity', 'Record-Route']) {
			expect(headers.has(name)).toBe(false)
		}
		expect(body).toEqual(callerInvite.body)
	})

	it('has the name of the account where the device gives none', () => {
		const callerInvite = devicesInvite('<sip:dev1@vigil>;tag=device')
		const { headers } = createUpstreamInvite({ ...parts, callerInvite, displayName: 'Alice' })
		expect(headers.get('From')).toBe('"Alice" <sip:alice@pbx.example>;tag=ours')
	})

	it('stays anonymous, and tells the server who it is', () => {
		const callerInvite = devicesInvite('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=device')
		const { headers } = createUpstreamInvite({ ...parts, callerInvite, displayName: 'Alice' })
		expect(headers.get('From')).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=ours')
		expect(headers.all('P-Preferred-Identity')).toEqual(['<sip:alice@pbx.example>'])
		expect(headers.get('Privacy')).toBe('id')
	})
})
