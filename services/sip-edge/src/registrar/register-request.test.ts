import { testSeed } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { registerMessage } from '../../test/support/registering.ts'
import { type RegisterReading, readRegister } from './register-request.ts'

const isOwnHost = (host: string) => host === 'devices.example'

function read(headers: Record<string, string>, uri = 'sip:devices.example'): RegisterReading {
	const message = registerMessage()
	for (const [name, value] of Object.entries(headers)) message.headers.set(name, value)
	return readRegister({ ...message, uri }, 'devices.example', isOwnHost)
}

describe('readRegister', () => {
	it('reads what a device asks for', () => {
		const reading = read({ Expires: '300', Supported: 'outbound' })
		expect(reading).toMatchObject({
			ok: true,
			register: {
				deviceId: 'device-1',
				expiresSeconds: 300,
				outbound: true,
				contacts: [{ uri: 'sip:u1@abc.invalid;transport=ws' }],
			},
		})
	})

	it.each([
		['another domain in the Request-URI', read({}, 'sip:elsewhere.example'), 404],
		['a Request-URI that is not SIP', read({}, 'tel:+123'), 416],
		['a Request-URI of an unknown scheme', read({}, 'nobody:knows'), 416],
		['a Request-URI with a user part', read({}, 'sip:device-1@devices.example'), 400],
		['header fields in the Request-URI', read({}, 'sip:devices.example?Subject=x'), 400],
		['hops beyond the range', read({ 'Max-Forwards': '256' }), 400],
		['a broken To', read({ To: '"a <sip:device-1@devices.example>' }), 400],
		['another domain in To', read({ To: '<sip:device-1@elsewhere.example>' }), 404],
		['no user in To', read({ To: '<sip:devices.example>' }), 404],
		['control characters in To', read({ To: '<sip:a%00b@devices.example>' }), 404],
		['somebody else in From', read({ From: '<sip:device-2@devices.example>;tag=f' }), 403],
		['an unknown demand', read({ Require: 'path' }), 420],
		['a Contact that is not SIP', read({ Contact: '<tel:+123>' }), 400],
		['a Contact with header fields', read({ Contact: '<sip:a@b?Subject=x>' }), 400],
		['a broken Contact', read({ Contact: '<sip:a@b' }), 400],
		['* beside a Contact', read({ Contact: '*, <sip:a@b>', Expires: '0' }), 400],
		['* that stays', read({ Contact: '*' }), 400],
	])('refuses %s', (_, reading, status) => {
		expect(reading).toMatchObject({ ok: false, refusal: { status } })
	})

	it('never throws, whatever the header fields hold', () => {
		const text = fc.string({ unit: 'binary', maxLength: 80 })
		fc.assert(
			fc.property(text, text, text, text, text, (uri, to, from, contact, expires) => {
				const reading = read({ To: to, From: from, Contact: contact, Expires: expires }, uri)
				expect(typeof reading.ok).toBe('boolean')
			}),
			{ seed: testSeed() },
		)
	})
})
