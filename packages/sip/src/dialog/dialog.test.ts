import { describe, expect, it } from 'vitest'
import { bytes, request, response, text } from '../../test/messages.ts'
import { parseMessage } from '../message/parse.ts'
import { serializeMessage } from '../message/serialize.ts'
import { acceptInDialogRequest } from './acceptance.ts'
import { confirmDialog, uacDialog, uasDialog } from './creation.ts'
import type { Dialog } from './dialog.ts'
import { dialogId, receivedDialogId } from './identity.ts'
import { buildAckFor2xx, inDialogRequest } from './requests.ts'
import { refreshTarget } from './target.ts'

const invite = request('INVITE', [
	['CSeq', '10 INVITE'],
	['Contact', '"Ann" <sip:ann@192.0.2.1:5062>'],
])
const ringing = response(invite, 180, [
	['Contact', '<sip:bob@192.0.2.9>'],
	['Record-Route', '<sip:p1.example;lr>, <sip:p2.example;lr>'],
])
const received = response(invite, 200, [
	['Contact', '<sip:bob@192.0.2.10>'],
	['Record-Route', '<sip:p1.example;lr>'],
])

function uac(from = received): Dialog {
	const dialog = uacDialog(invite, from)
	if (!dialog) throw new Error('no dialog')
	return dialog
}

function uas(from = received): Dialog {
	const dialog = uasDialog(invite, from)
	if (!dialog) throw new Error('no dialog')
	return dialog
}

describe('uacDialog', () => {
	it('takes its state from request and response, the routes reversed', () => {
		expect(uac(ringing)).toEqual({
			role: 'uac',
			state: 'early',
			callId: 'call-1@upstream.example',
			localTag: 'caller',
			remoteTag: 'callee',
			localParty: '"Ann" <sip:ann@upstream.example>;tag=caller',
			remoteParty: '<sip:bob@upstream.example>;tag=callee',
			localSeq: 10,
			remoteSeq: undefined,
			remoteTarget: 'sip:bob@192.0.2.9',
			routeSet: ['<sip:p2.example;lr>', '<sip:p1.example;lr>'],
			secure: false,
		})
		expect(uac().state).toBe('confirmed')
	})

	it('is not made by 100, by refusals, or by provisional responses without a tag', () => {
		const untagged = response(invite, 180, [['To', '<sip:bob@upstream.example>']])
		for (const none of [response(invite, 100), response(invite, 486), untagged])
			expect(uacDialog(invite, none)).toBeUndefined()
	})

	it('copes with a 2xx of RFC 2543: no tag, no Contact', () => {
		const old = uac(response(invite, 200, [['To', '<sip:bob@upstream.example>']]))
		expect(old.remoteTag).toBe('')
		expect(old.remoteTarget).toBe(invite.uri)
	})

	it('takes routes and target anew from the 2xx', () => {
		const confirmed = confirmDialog(uac(ringing), received)
		expect(confirmed).toEqual(uac())
	})

	it('knows a SIPS request', () => {
		expect(uacDialog({ ...invite, uri: 'sips:bob@service.example' }, received)?.secure).toBe(true)
	})
})

describe('uasDialog', () => {
	const routed = request('INVITE', [
		['Contact', '<sip:ann@192.0.2.1>'],
		['Record-Route', '<sip:p1.example;lr>, <sip:p2.example;lr>'],
	])

	it('takes its state from the request, the routes in order', () => {
		expect(uasDialog(routed, response(routed, 180))).toMatchObject({
			role: 'uas',
			state: 'early',
			localTag: 'callee',
			remoteTag: 'caller',
			localSeq: undefined,
			remoteSeq: 1,
			remoteTarget: 'sip:ann@192.0.2.1',
			routeSet: ['<sip:p1.example;lr>', '<sip:p2.example;lr>'],
		})
	})

	it('keeps its routes when confirmed', () => {
		const early = uasDialog(routed, response(routed, 180))
		expect(early && confirmDialog(early, response(routed, 200))).toEqual(uasDialog(routed, response(routed, 200)))
	})

	it('needs our tag', () => {
		expect(uasDialog(invite, response(invite, 180, [['To', '<sip:bob@upstream.example>']]))).toBeUndefined()
		expect(uasDialog(invite, response(invite, 404))).toBeUndefined()
	})

	it('falls back to From when the caller gave no Contact', () => {
		const bare = request('INVITE')
		expect(uasDialog(bare, response(bare, 200))?.remoteTarget).toBe('sip:ann@upstream.example')
	})

	it('is not made with somebody who does not say where to find them', () => {
		const nowhere = request('INVITE', [
			['Contact', '<>'],
			['From', '<a b>;tag=caller'],
		])
		expect(uasDialog(nowhere, response(nowhere, 200))).toBeUndefined()
	})

	it('leaves out routes that cannot be read, whose text would break the line of a request', () => {
		const routed = request('INVITE', [['Record-Route', 'no way, <sip:a b>, <sip:p2.example;lr>']])
		const dialog = uasDialog(routed, response(routed, 200))
		expect(dialog?.routeSet).toEqual(['<sip:p2.example;lr>'])
		expect(dialog && text(serializeMessage(inDialogRequest(dialog, 'BYE').request))).toMatch(/^BYE sip:ann@/)
	})
})

describe('inDialogRequest', () => {
	it('goes through loose routers to the remote target, and counts on', () => {
		const { dialog, request: bye } = inDialogRequest(uac(), 'BYE', { headers: [['Reason', 'Q.850;cause=16']] })
		expect(text(serializeMessage(bye)).split('\r\n')).toEqual([
			'BYE sip:bob@192.0.2.10 SIP/2.0',
			'Route: <sip:p1.example;lr>',
			'Max-Forwards: 70',
			'From: "Ann" <sip:ann@upstream.example>;tag=caller',
			'To: <sip:bob@upstream.example>;tag=callee',
			'Call-ID: call-1@upstream.example',
			'CSeq: 11 BYE',
			'Reason: Q.850;cause=16',
			'Content-Length: 0',
			'',
			'',
		])
		expect(dialog.localSeq).toBe(11)
		expect(inDialogRequest(dialog, 'INFO').request.headers.get('CSeq')).toBe('12 INFO')
	})

	it('begins to count at 1 for the called side, or where it is told', () => {
		expect(inDialogRequest(uas(), 'BYE').request.headers.get('CSeq')).toBe('1 BYE')
		const { dialog, request: info } = inDialogRequest(uas(), 'INFO', { cseq: 4_711 })
		expect(info.headers.get('CSeq')).toBe('4711 INFO')
		expect(dialog.localSeq).toBe(4_711)
	})

	it('does not fail where the peer began at the end of the number range', () => {
		const dialog = { ...uac(), localSeq: 2 ** 31 - 1 }
		expect(inDialogRequest(dialog, 'BYE').request.headers.get('CSeq')).toBe('2147483647 BYE')
	})

	it('gives a strict router its own URI and puts the target last', () => {
		const dialog = {
			...uac(),
			routeSet: ['<sip:old.example;method=INVITE;transport=tcp?Subject=x>', '<sip:p2.example;lr>'],
		}
		const { request: bye } = inDialogRequest(dialog, 'BYE')
		expect(bye.uri).toBe('sip:old.example;transport=tcp')
		expect(bye.headers.all('Route')).toEqual(['<sip:p2.example;lr>', '<sip:bob@192.0.2.10>'])
	})

	it('keeps out of the Request-URI what may not stand there', () => {
		const dialog = { ...uac(), routeSet: [], remoteTarget: 'sip:bob@192.0.2.10;method=BYE;ob?Reason=x' }
		expect(inDialogRequest(dialog, 'BYE').request.uri).toBe('sip:bob@192.0.2.10;ob')
		expect(inDialogRequest({ ...dialog, remoteTarget: 'tel:+49-30' }, 'BYE').request.uri).toBe('tel:+49-30')
	})

	it('makes what the parser takes once a Via is on top', () => {
		const { request: update } = inDialogRequest(uac(), 'UPDATE', {
			body: bytes('v=0'),
			headers: [['Content-Type', 'application/sdp']],
		})
		update.headers.prepend('Via', 'SIP/2.0/UDP a.example;branch=z9hG4bK-2')
		const parsed = parseMessage(serializeMessage(update))
		expect(parsed.ok).toBe(true)
	})
})

describe('buildAckFor2xx', () => {
	it('has the CSeq number and the credentials of the INVITE', () => {
		const authorized = request('INVITE', [
			['CSeq', '10 INVITE'],
			['Proxy-Authorization', 'Digest x'],
		])
		const ack = buildAckFor2xx(uac(), authorized, { body: 'v=0', headers: [['Content-Type', 'application/sdp']] })
		expect(ack.method).toBe('ACK')
		expect(ack.uri).toBe('sip:bob@192.0.2.10')
		expect(ack.headers.get('CSeq')).toBe('10 ACK')
		expect(ack.headers.get('Proxy-Authorization')).toBe('Digest x')
		expect(ack.headers.get('Route')).toBe('<sip:p1.example;lr>')
		expect(ack.headers.has('Via')).toBe(false)
		expect(text(ack.body)).toBe('v=0')
	})
})

describe('acceptInDialogRequest', () => {
	const accept = (dialog: Dialog, cseq: number, method = 'INFO', contact?: string) =>
		acceptInDialogRequest(
			dialog,
			request(method, [['CSeq', `${cseq} ${method}`], ...(contact ? [['Contact', contact] as const] : [])]),
		)

	it('takes any first number, then only what is not lower; gaps are fine', () => {
		const first = accept(uac(), 77)
		expect(first).toMatchObject({ ok: true, dialog: { remoteSeq: 77 } })
		const dialog = { ...uac(), remoteSeq: 77 }
		expect(accept(dialog, 76)).toEqual({ ok: false, status: 500 })
		expect(accept(dialog, 80)).toMatchObject({ ok: true, dialog: { remoteSeq: 80 } })
	})

	it('moves the remote target for target refreshes only', () => {
		const contact = '<sip:bob@198.51.100.7>'
		for (const method of ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']) {
			expect(accept(uac(), 1, method, contact)).toMatchObject({ dialog: { remoteTarget: 'sip:bob@198.51.100.7' } })
		}
		for (const method of ['INFO', 'MESSAGE', 'OPTIONS', 'BYE', 'PRACK']) {
			expect(accept(uac(), 1, method, contact)).toMatchObject({ dialog: { remoteTarget: 'sip:bob@192.0.2.10' } })
		}
	})

	it('keeps the target when the Contact cannot be read', () => {
		expect(refreshTarget(uac(), request('UPDATE', [['Contact', '<<>']]), 'UPDATE')).toEqual(uac())
	})
})

describe('dialogId', () => {
	it('is found again from what the peer sends', () => {
		const toCaller = request('BYE', [
			['From', '<sip:bob@upstream.example>;tag=callee'],
			['To', '<sip:ann@upstream.example>;tag=caller'],
		])
		expect(receivedDialogId(toCaller)).toBe(dialogId(uac()))
		expect(receivedDialogId(received)).toBe(dialogId(uac()))
		const toCallee = request('BYE', [['To', '<sip:bob@upstream.example>;tag=callee']])
		expect(receivedDialogId(toCallee)).toBe(dialogId(uas()))
	})
})
