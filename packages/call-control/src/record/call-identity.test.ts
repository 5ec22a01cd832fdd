import { type Account, type CallId, isContactUser } from '@vigil/domain'
import { buildRequest } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { calledAs, callIdentity } from './call-identity.ts'

const contact = { contactToken: 'AbCdEfGhIjKlMnOpQrSt' } as Account
const target = {
	addressOfRecord: 'sip:alice@pbx.test',
	isContactUser: (user: string) => isContactUser(user, contact),
}

const invite = (to: string) =>
	buildRequest({
		method: 'INVITE',
		uri: 'sip:x@192.0.2.1',
		headers: [
			['From', '<sip:bob@pbx.test>;tag=1'],
			['To', to],
			['Call-ID', 'c'],
		],
	})

describe('which line rings', () => {
	it.each([
		['<sip:AbCdEfGhIjKlMnOpQrSt@192.0.2.1:5080>', 'sip:alice@pbx.test', '<sip:alice@pbx.test>'],
		['"Alice" <sip:abcdefghijklmnopqrst@192.0.2.1>', 'sip:alice@pbx.test', '"Alice" <sip:alice@pbx.test>'],
		['<sips:%41bCdEfGhIjKlMnOpQrSt@192.0.2.1>', 'sip:alice@pbx.test', '<sip:alice@pbx.test>'],
		['<sip:group@pbx.test>', 'sip:group@pbx.test', '<sip:group@pbx.test>'],
		['<tel:+4930123456>', 'tel:+4930123456', '<tel:+4930123456>'],
	])('%s: %s', (to, shown, value) => {
		expect(callIdentity('call_1' as CallId, target, invite(to)).to).toBe(shown)
		expect(calledAs(target, invite(to))).toBe(value)
	})
})
