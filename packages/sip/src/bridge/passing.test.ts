import { describe, expect, it } from 'vitest'
import { BridgeScene, callersInvite, INVITE } from '../../test/bridge-scene.ts'
import { request } from '../../test/messages.ts'
import { FIELD_RULES } from './field-rules.ts'
import { type Passage, passingHeaders } from './passing.ts'

const TO_DEVICE: Passage = { direction: 'to-device', privacy: undefined }
const FROM_DEVICE: Passage = { direction: 'from-device', privacy: undefined }
const TRUSTED: Passage = { direction: 'trusted', privacy: undefined }

/** What is left of one field. */
function pass(name: string, value: string, passage: Passage): string | undefined {
	const { headers } = request('INFO')
	headers.append(name, value)
	return passingHeaders(headers, passage).find(([passed]) => passed === name)?.[1]
}

function asking(...values: string[]): Passage {
	return { direction: 'to-device', privacy: new Set(values) }
}

const fieldsOf = (reach: string) =>
	Object.entries(FIELD_RULES)
		.filter(([, rule]) => rule.reach === reach)
		.map(([name]) => name)

describe('a header field at the bridge', () => {
	it.each([...fieldsOf('leg'), 'proxy-require', 'Proxy-Authenticate', 'Proxy-Authentication-Info', 'Security-Verify'])(
		'%s ends there, both ways',
		(name) => {
			for (const passage of [TO_DEVICE, FROM_DEVICE, TRUSTED]) expect(pass(name, '<sip:a@b>', passage)).toBeUndefined()
		},
	)

	it.each(fieldsOf('trust-domain'))('%s comes from no device and goes to none', (name) => {
		expect([TO_DEVICE, FROM_DEVICE, TRUSTED].map((passage) => pass(name, 'x', passage))).toEqual([
			undefined,
			undefined,
			'x',
		])
	})

	it.each(fieldsOf('to-device'))('%s is believed of no device, and shown to it unless its owner minds', (name) => {
		const value = '<sip:+15550001@pbx.example>'
		expect([TO_DEVICE, FROM_DEVICE, TRUSTED].map((passage) => pass(name, value, passage))).toEqual([
			value,
			undefined,
			value,
		])
		for (const asked of ['id', 'user', 'header']) expect(pass(name, value, asking(asked, 'critical'))).toBeUndefined()
		expect(pass(name, value, asking('none'))).toBe(value)
	})

	it.each(['history', 'session'])(
		'History-Info and Diversion stay back for %s, the asserted identity does not',
		(asked) => {
			expect(pass('History-Info', '<sip:a@b>;index=1', asking(asked))).toBeUndefined()
			expect(pass('Diversion', '<sip:a@b>', asking(asked))).toBeUndefined()
			expect(pass('P-Asserted-Identity', '<sip:a@b>', asking(asked))).toBe('<sip:a@b>')
		},
	)

	it.each(['Call-Info', 'In-Reply-To', 'Organization', 'Reply-To', 'Server', 'Subject', 'User-Agent', 'Referred-By'])(
		'%s stays back for user privacy (RFC 3323 5.3) alone',
		(name) => {
			expect(pass(name, '<x:y>', asking('user'))).toBeUndefined()
			expect(pass(name, '<x:y>', asking('id'))).toBe('<x:y>')
			expect(pass(name, '<x:y>', FROM_DEVICE)).toBe('<x:y>')
		},
	)

	it('of where the device is goes to the network alone', () => {
		const where = 'IEEE-802.11;i-wlan-node-id=1'
		expect(pass('P-Access-Network-Info', where, FROM_DEVICE)).toBe(where)
		expect(pass('P-Access-Network-Info', where, TO_DEVICE)).toBeUndefined()
	})

	it('that is named nowhere passes as it is, as does Privacy itself', () => {
		for (const passage of [TO_DEVICE, FROM_DEVICE, asking('user')]) {
			expect(pass('X-Unheard-Of', ' a,  b ', passage)).toBe(' a,  b ')
			expect(pass('constructor', 'x', passage)).toBe('x')
			expect(pass('Privacy', 'id;critical', passage)).toBe('id;critical')
		}
	})

	it('of option tags keeps those that the ends agree on (RFC 3329 2.3)', () => {
		expect(pass('Require', 'sec-agree, 100rel', TO_DEVICE)).toBe('100rel')
		expect(pass('Require', 'sec-agree', FROM_DEVICE)).toBeUndefined()
		expect(pass('Supported', 'timer ,100rel', TO_DEVICE)).toBe('timer ,100rel')
	})

	it.each(['Remote-Party-ID', 'Diversion'])('%s says itself whom it hides', (name) => {
		const open = '"Ann" <sip:1@pbx.example>;reason=user-busy;privacy=off'
		expect(pass(name, open, TO_DEVICE)).toBe(open)
		for (const hidden of ['full', 'URI']) {
			expect(pass(name, `<sip:2@pbx.example>;privacy=${hidden}, ${open}`, TO_DEVICE)).toBe(open)
			expect(pass(name, `<sip:2@pbx.example>;privacy=${hidden}`, TO_DEVICE)).toBeUndefined()
		}
		expect(pass(name, '"Ann" <sip:1@pbx.example>;privacy=name', TO_DEVICE)).toBe('<sip:1@pbx.example>;privacy=name')
		expect(pass(name, '<sip:broken', TO_DEVICE)).toBeUndefined()
		expect(pass(name, `<sip:2@pbx.example>;privacy=full`, TRUSTED)).toBe('<sip:2@pbx.example>;privacy=full')
	})

	it('History-Info hides the entries that ask for it, and keeps their place (RFC 7044 10.1)', () => {
		const history =
			'<sip:a@b>;index=1, <sip:c@d?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1;rc=1, <sip:e@f?privacy=none>;index=1.2'
		expect(pass('History-Info', history, TO_DEVICE)).toBe(
			'<sip:a@b>;index=1, <sip:anonymous@anonymous.invalid>;index=1.1;rc=1, <sip:e@f?privacy=none>;index=1.2',
		)
	})

	it('has no control characters behind it', () => {
		expect(pass('Subject', 'a\u0000b\u007fc\td', FROM_DEVICE)).toBe('a b c d')
		expect(pass('Subject', '"quoted \\\u0001" x', FROM_DEVICE)).toBe('"quoted \\ " x')
		expect(pass('Subject', 'Grüße', FROM_DEVICE)).toBe('Grüße')
	})
})

const ASSERTED = ['P-Asserted-Identity', '<tel:+15550001>'] as const

describe('privacy within a call', () => {
	it('that the INVITE asked for holds for all that follows, until something else is said', () => {
		const invite = callersInvite([['Privacy', 'id; critical'], ASSERTED])
		const scene = new BridgeScene({}, invite)
		expect(scene.sent('b1').request.headers.has('P-Asserted-Identity')).toBe(false)
		scene.talk()
		const shownTo = (fields: Parameters<BridgeScene['request']>[2]) => {
			scene.request('caller', 'UPDATE', fields)
			const { request: sent, transactionId } = scene.lastSent('callee')
			scene.respond(transactionId, 200)
			return sent.headers.get('P-Asserted-Identity')
		}
		expect(shownTo([ASSERTED])).toBeUndefined()
		expect(shownTo([ASSERTED, ['Privacy', 'none']])).toBe('<tel:+15550001>')
		expect(shownTo([ASSERTED])).toBe('<tel:+15550001>')
		expect(shownTo([ASSERTED, ['Privacy', 'USER']])).toBeUndefined()
	})

	it('holds for responses and re-INVITEs of who is called', () => {
		const scene = new BridgeScene({ device: 'caller' })
		scene.phone(180, [ASSERTED, ['Privacy', 'id']])
		scene.phone(200, [ASSERTED])
		expect(scene.responses(INVITE).map(({ headers }) => headers.has('P-Asserted-Identity'))).toEqual([false, false])
		scene.ack('caller', 20)
		scene.request('callee', 'INVITE', [ASSERTED])
		expect(scene.lastSent('caller').request.headers.has('P-Asserted-Identity')).toBe(false)
	})

	it('takes the caller’s name and address away where user privacy is asked for', () => {
		const scene = new BridgeScene(
			{},
			callersInvite([
				['Privacy', 'user'],
				['Subject', 'secret'],
			]),
		)
		const { headers } = scene.sent('b1').request
		expect(headers.get('From')).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=bridge')
		expect(headers.has('Subject')).toBe(false)
	})

	it('or none: no identity that a device asserts goes upstream, nor control characters', () => {
		const scene = new BridgeScene()
		const bad = [ASSERTED, ['Remote-Party-ID', '<sip:x@y>'], ['X-Note', 'a\u0007b']] as const
		scene.respond('b1', 183, [['To', '<sip:bob@upstream.example>;tag=phone'], ...bad])
		scene.talk()
		scene.request('callee', 'INFO', bad)
		for (const { headers } of [scene.responses(INVITE)[0], scene.lastSent('caller').request].flatMap((m) => m ?? [])) {
			expect(headers.has('P-Asserted-Identity')).toBe(false)
			expect(headers.has('Remote-Party-ID')).toBe(false)
			expect(headers.get('X-Note')).toBe('a b')
		}
	})

	it('cleans the words of an answer and of a CANCEL', () => {
		const scene = new BridgeScene()
		const { leg, request: sent } = scene.sent('b1')
		const refusal = {
			kind: 'response',
			status: 486,
			reason: 'Bu\u0000sy',
			headers: sent.headers,
			body: sent.body,
		} as const
		scene.input({ type: 'response', leg, transactionId: 'b1', response: refusal })
		expect(scene.responses(INVITE)[0]?.reason).toBe('Bu sy')
		const other = new BridgeScene()
		other.phone(180)
		const cancel = request('CANCEL', [['Reason', 'SIP;text="\u0001"']])
		other.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel })
		expect(other.all('send-cancel')[0]?.headers).toEqual([['Reason', 'SIP;text=" "']])
	})
})
