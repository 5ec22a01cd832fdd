import { buildRequest, type HeaderPair } from '@vigil/sip'
import { beforeEach, describe, expect, it } from 'vitest'
import { OwnDialog } from './own-dialog.ts'

const INVITE = buildRequest({
	method: 'INVITE',
	uri: 'sip:token@service.test',
	headers: [
		['From', '<sip:bob@pbx.test>;tag=caller'],
		['To', '<sip:alice@pbx.test>'],
		['Call-ID', 'call-1'],
		['CSeq', '7 INVITE'],
		['Contact', '<sip:bob@192.0.2.1>'],
	],
})

let dialog: OwnDialog
let seq: number

beforeEach(() => {
	dialog = new OwnDialog(INVITE, 'ours', '<sip:token@service.test>')
	seq = 7
})

function request(method: string, headers: readonly HeaderPair[] = [], body = '', fromTag = 'caller') {
	return buildRequest({
		method,
		uri: 'sip:token@service.test',
		headers: [
			['From', `<sip:bob@pbx.test>;tag=${fromTag}`],
			['To', '<sip:alice@pbx.test>;tag=ours'],
			['Call-ID', 'call-1'],
			['CSeq', `${++seq} ${method}`],
			...headers,
		],
		body,
	})
}

const status = (...parts: Parameters<typeof request>) => dialog.respond(request(...parts), false).response.status

describe('the caller’s dialog while no device stands behind it', () => {
	it('answers OPTIONS and an UPDATE without offer', () => {
		expect(status('OPTIONS')).toBe(200)
		const { response } = dialog.respond(request('UPDATE', [['Session-Expires', '90']]), false)
		expect(response.status).toBe(200)
		expect(response.headers.get('Contact')).toBe('<sip:token@service.test>')
		expect(response.headers.get('Session-Expires')).toBe('90;refresher=uac')
		expect(response.headers.get('Require')).toBe('timer')
	})

	it.each(['UPDATE', 'INVITE', 'INFO', 'REFER', 'MESSAGE'])('has %s come again when a phone is there', (method) => {
		const { response, endsCall } = dialog.respond(request(method, [], 'v=0'), false)
		expect(response.status).toBe(500)
		expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
		expect(endsCall).toBe(false)
	})

	it('answers PRACK for the INVITE, and finds fault with one for something else', () => {
		expect(status('PRACK', [['RAck', '9 7 INVITE']])).toBe(200)
		expect(status('PRACK', [['RAck', '9 8 INVITE']])).toBe(400)
		expect(status('PRACK')).toBe(400)
		expect(status('PRACK', [['RAck', '9 7 INVITE']], 'v=0')).toBe(500)
	})

	it('takes BYE for the end of the call, once', () => {
		const bye = dialog.respond(request('BYE'), false)
		expect([bye.response.status, bye.endsCall]).toEqual([200, true])
		const again = dialog.respond(request('BYE'), true)
		expect([again.response.status, again.endsCall]).toEqual([200, false])
	})

	it('says that it is over to what crossed its end', () => {
		expect(dialog.respond(request('UPDATE'), true).response.status).toBe(487)
		expect(dialog.respond(request('OPTIONS'), true).response.status).toBe(200)
	})

	it('knows the rest of its name, and the order of its requests', () => {
		expect(status('BYE', [], '', 'another')).toBe(481)
		expect(status('OPTIONS')).toBe(200)
		seq = 7
		expect(status('INFO')).toBe(500)
	})

	it('follows the caller to its new address', () => {
		expect(dialog.movedTo).toBeUndefined()
		dialog.respond(request('UPDATE', [['Contact', '<sip:bob@192.0.2.9>']]), false)
		expect(dialog.movedTo).toBe('sip:bob@192.0.2.9')
	})
})
