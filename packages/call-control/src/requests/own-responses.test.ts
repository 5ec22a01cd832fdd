import { buildRequest, type HeaderPair, tagOf } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { hopsRefusal, methodRefusal, optionsResponse, schemeRefusal } from './own-responses.ts'

function request(method: string, uri = 'sip:token@service.test', headers: readonly HeaderPair[] = []) {
	const call: HeaderPair[] = [
		['Via', 'SIP/2.0/UDP pbx.test;branch=z9hG4bK1'],
		['From', '<sip:bob@pbx.test>;tag=1'],
		['To', '<sip:alice@pbx.test>'],
		['Call-ID', 'call-1'],
		['CSeq', `7 ${method}`],
	]
	return buildRequest({ method, uri, headers: [...call, ...headers] })
}

describe('a request that no call waits for', () => {
	const allowed = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY'

	it.each<[string, number, HeaderPair | undefined]>([
		['BYE', 481, undefined],
		['INFO', 481, undefined],
		['PRACK', 481, undefined],
		['UPDATE', 481, undefined],
		['REFER', 403, undefined],
		['NOTIFY', 489, ['Allow-Events', 'refer']],
		['SUBSCRIBE', 489, ['Allow-Events', 'refer']],
		['MESSAGE', 405, ['Allow', allowed]],
		['PUBLISH', 405, ['Allow', allowed]],
		['REGISTER', 405, ['Allow', allowed]],
		['NEWMETHOD', 405, ['Allow', allowed]],
	])('%s gets %i', (method, status, header) => {
		const refusal = methodRefusal(request(method, undefined, [['Event', 'message-summary']]))
		expect(refusal?.status).toBe(status)
		expect(tagOf(refusal?.headers.get('To') ?? '')).toMatch(/^[0-9a-f]{16}$/)
		for (const name of ['Allow', 'Allow-Events']) {
			expect(refusal?.headers.get(name)).toBe(header?.[0] === name ? header[1] : undefined)
		}
	})

	it('of a method that is allowed gets no 405', () => {
		// ACK and CANCEL belong to transactions and never come here.
		const methods = allowed.split(', ').filter((method) => method !== 'ACK' && method !== 'CANCEL')
		const statuses = methods.map((method) => methodRefusal(request(method))?.status)
		expect(statuses).not.toContain(405)
	})

	it.each(['INVITE', 'OPTIONS'])('%s is refused for other reasons only', (method) => {
		expect(methodRefusal(request(method))).toBeUndefined()
	})
})

describe('OPTIONS', () => {
	it('hear what is understood, wherever they were to stop', () => {
		const { status, headers } = optionsResponse(request('OPTIONS', undefined, [['Max-Forwards', '0']]))
		expect(status).toBe(200)
		expect(headers.get('Allow')).toContain('INVITE')
		expect(headers.get('Supported')).toContain('100rel')
		expect(headers.get('Accept')).toBe('application/sdp')
		expect(tagOf(headers.get('To') ?? '')).toBeDefined()
	})

	it('that require what we know are answered all the same', () => {
		expect(optionsResponse(request('OPTIONS', undefined, [['Require', '100REL, timer']])).status).toBe(200)
	})

	it('that require something unknown hear what it was, and only that', () => {
		const required: HeaderPair[] = [
			['Require', 'nobodyKnows, 100rel'],
			['Require', 'norThis'],
			['Proxy-Require', 'notForUs'],
		]
		const { status, headers } = optionsResponse(request('OPTIONS', undefined, required))
		expect(status).toBe(420)
		expect(headers.all('Unsupported')).toEqual(['nobodyKnows, norThis'])
	})
})

describe('Max-Forwards', () => {
	it.each<[string, string | undefined, number | undefined]>([
		['INVITE', '0', 483],
		['INVITE', '1', undefined],
		['INVITE', undefined, undefined],
		['OPTIONS', '0', undefined],
	])('of %s that is %s ends in %s', (method, hops, status) => {
		const headers: HeaderPair[] = hops === undefined ? [] : [['Max-Forwards', hops]]
		expect(hopsRefusal(request(method, undefined, headers))?.status).toBe(status)
	})
})

describe('the scheme of the Request-URI', () => {
	it.each(['sip:token@service.test', 'sips:token@service.test'])('%s is ours', (uri) => {
		expect(schemeRefusal(request('OPTIONS', uri))).toBeUndefined()
	})

	it.each(['tel:+4930123', 'nobody:knows', 'soap.beep://192.0.2.103:3002'])('%s gets 416', (uri) => {
		expect(schemeRefusal(request('INVITE', uri))?.status).toBe(416)
	})
})
