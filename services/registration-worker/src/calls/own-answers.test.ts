import { buildRequest, type HeaderPair } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { ownAnswer, schemeRefusal } from './own-answers.ts'

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
	it('OPTIONS hears what is understood', () => {
		const { status, headers } = ownAnswer(request('OPTIONS'))
		expect(status).toBe(200)
		expect(headers.get('Allow')).toContain('INVITE')
		expect(headers.get('Supported')).toContain('100rel')
		expect(headers.get('Accept')).toBe('application/sdp')
	})

	it('OPTIONS that require what we know are answered all the same', () => {
		expect(ownAnswer(request('OPTIONS', undefined, [['Require', '100REL, timer']])).status).toBe(200)
	})

	it('OPTIONS that require something unknown hear what it was, and only that', () => {
		const required: HeaderPair[] = [
			['Require', 'nobodyKnows, 100rel'],
			['Require', 'norThis'],
			['Proxy-Require', 'notForUs'],
		]
		const { status, headers } = ownAnswer(request('OPTIONS', undefined, required))
		expect(status).toBe(420)
		expect(headers.all('Unsupported')).toEqual(['nobodyKnows, norThis'])
	})

	it.each(['MESSAGE', 'PUBLISH', 'SUBSCRIBE', 'NEWMETHOD'])('%s gets 405, and Allow does not name it', (method) => {
		const { status, headers } = ownAnswer(request(method))
		expect(status).toBe(405)
		expect(headers.get('Allow')?.split(', ')).not.toContain(method)
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
