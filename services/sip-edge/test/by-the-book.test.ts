import { randomUUID } from 'node:crypto'
import { buildRequest, type HeaderPair, type SipResponse, tagOf } from '@vigil/sip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EdgeFixture } from './support/edge-fixture.ts'
import { DOMAIN, type SipDevice } from './support/sip-device.ts'

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, REGISTER'
const AOR = `<sip:phone@${DOMAIN}>`

let fixture: EdgeFixture
let stranger: SipDevice
let attached: SipDevice

beforeAll(async () => {
	fixture = await new EdgeFixture().start()
	attached = (await fixture.attached('tcp')).device
	stranger = await fixture.device('tcp')
	await stranger.connect()
})

afterAll(() => fixture?.close())

interface Asked {
	readonly uri?: string
	/** In place of those that a request has. */
	readonly fields?: Readonly<Record<string, string>>
	readonly more?: readonly HeaderPair[]
}

function send(device: SipDevice, method: string, { uri = `sip:${DOMAIN}`, fields = {}, more = [] }: Asked) {
	const all = {
		'Max-Forwards': '70',
		From: `${AOR};tag=1`,
		To: AOR,
		'Call-ID': randomUUID(),
		CSeq: `1 ${method}`,
		Contact: '<sip:phone@192.0.2.1>',
		...fields,
	}
	return device.send(buildRequest({ method, uri, headers: [...Object.entries(all), ...more] }), device.flow).final()
}

const headersOf = (response: SipResponse, names: readonly string[]) => names.map((name) => response.headers.get(name))

/** What the RFC asks for, with the field of the answer that says more. */
const RESPONSES: readonly [clause: string, method: string, asked: Asked, status: number, field?: HeaderPair][] = [
	['3261 8.2.2.1', 'INVITE', { uri: 'nobody:knows' }, 416],
	['3261 8.2.2.1', 'OPTIONS', { uri: 'soap.beep://192.0.2.103:3002' }, 416],
	['3261 8.2.2.1', 'REGISTER', { uri: 'tel:+123' }, 416],
	['3261 8.2.2.3', 'REGISTER', { more: [['Require', 'foo, outbound, bar']] }, 420, ['Unsupported', 'foo, bar']],
	['3261 8.2.2.3', 'OPTIONS', { more: [['Require', 'foo']] }, 420, ['Unsupported', 'foo']],
	['3261 8.2.2.3', 'OPTIONS', { more: [['Require', '100REL']] }, 200],
	['3261 20.29', 'REGISTER', { more: [['Proxy-Require', 'foo']] }, 401],
	['3261 16.3', 'INVITE', { more: [['Proxy-Require', 'foo']] }, 420, ['Unsupported', 'foo']],
	['3261 16.3', 'INVITE', { fields: { 'Max-Forwards': '0' } }, 483],
	['3261 11.2', 'OPTIONS', { fields: { 'Max-Forwards': '0' } }, 200],
	['3261 10.3', 'REGISTER', { fields: { 'Max-Forwards': '0' } }, 401],
	['3261 20.22', 'INVITE', { fields: { 'Max-Forwards': '256' } }, 400],
	['3261 20.22', 'OPTIONS', { fields: { 'Max-Forwards': '-1' } }, 400],
	['3261 20.22', 'REGISTER', { fields: { 'Max-Forwards': 'many' } }, 400],
	['3261 19.1.1', 'INVITE', { uri: `sip:bob@${DOMAIN}?Route=%3Csip:192.0.2.9%3E` }, 400],
	['3261 19.1.1', 'REGISTER', { uri: `sip:${DOMAIN}?Route=%3Csip:192.0.2.9%3E` }, 400],
	['3261 10.2', 'REGISTER', { uri: `sip:phone@${DOMAIN}` }, 400],
	['3261 21.4.1', 'INVITE', { fields: { From: '"phone <sip:phone@a>;tag=1' } }, 400],
	['3261 21.4.1', 'REGISTER', { fields: { Contact: '<sip:a@b' } }, 400],
	['3261 10.3', 'REGISTER', { fields: { To: '<sip:phone@elsewhere.example>' } }, 404],
	['3261 8.2.1', 'MESSAGE', {}, 405, ['Allow', ALLOW]],
	['3261 8.2.1', 'PUBLISH', {}, 405, ['Allow', ALLOW]],
	['3261 8.2.1', 'NEWMETHOD', {}, 405, ['Allow', ALLOW]],
	['6665 4.2.1.3', 'NOTIFY', { more: [['Event', 'message-summary']] }, 489, ['Allow-Events', 'refer']],
	['6665 4.1.3', 'SUBSCRIBE', { more: [['Event', 'message-summary']] }, 489, ['Allow-Events', 'refer']],
	['3515 2.4.2', 'REFER', { more: [['Refer-To', '<sip:a@b>']] }, 403],
	['3261 15.1.2', 'BYE', {}, 481],
	['3262 3', 'PRACK', {}, 481],
	['3311 5.2', 'UPDATE', {}, 481],
	['6086 4.2.2', 'INFO', {}, 481],
	['3261 12.2.2', 'BYE', { fields: { To: `${AOR};tag=2` } }, 481],
]

describe('the edge answers a stranger by the book', () => {
	it.each(RESPONSES)('RFC %s: %s %j gets %i', async (_, method, asked, status, field) => {
		const response = await send(stranger, method, asked)
		expect(response.status).toBe(status)
		if (field) expect(response.headers.get(field[0])).toBe(field[1])
		expect(tagOf(response.headers.get('To') ?? '')).toBeTruthy()
		expect(fixture.edge.counters.forwardedToWorker).toBe(0)
	})

	it('allows what it says, and nothing else', async () => {
		// ACK and CANCEL belong to transactions.
		for (const method of ALLOW.split(', ').filter((name) => name !== 'ACK' && name !== 'CANCEL')) {
			expect((await send(stranger, method, {})).status).not.toBe(405)
		}
	})
})

describe('OPTIONS', () => {
	it.each([
		['the edge', `sip:${DOMAIN}`, []],
		['the edge, by a Route to it', `sip:${DOMAIN}`, [['Route', `<sip:${DOMAIN};lr>`]]],
	] as const)('for %s tells everybody what it can', async (_, uri, more) => {
		const response = await send(stranger, 'OPTIONS', { uri, more })
		expect(response.status).toBe(200)
		expect(headersOf(response, ['Allow', 'Accept', 'Accept-Encoding', 'Supported', 'Allow-Events'])).toEqual([
			ALLOW,
			'application/sdp',
			'identity',
			'outbound, 100rel, timer',
			'refer',
		])
	})

	it('for somebody else hears what an INVITE would', async () => {
		const asked = { uri: 'sip:bob@pbx.example' }
		expect((await send(stranger, 'OPTIONS', asked)).status).toBe((await send(stranger, 'INVITE', asked)).status)
		expect((await send(attached, 'OPTIONS', asked)).status).toBe(200)
		const elsewhere = { ...asked, more: [['Route', '<sip:203.0.113.7;lr>']] as const }
		expect((await send(attached, 'OPTIONS', elsewhere)).status).toBe(403)
	})
})
