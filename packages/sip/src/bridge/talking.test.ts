import { describe, expect, it } from 'vitest'
import { BridgeScene } from '../../test/bridge-scene.ts'
import { bytes, request, text } from '../../test/messages.ts'
import type { Leg } from './types.ts'

const BOTH_WAYS = [
	['caller', 'callee'],
	['callee', 'caller'],
] as const satisfies readonly (readonly [Leg, Leg])[]

describe.each(BOTH_WAYS)('requests from the %s leg', (from, to) => {
	it.each(['INFO', 'UPDATE', 'REFER', 'NOTIFY', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'FUTURE'])(
		'%s passes with body and unknown fields, and its answer comes back',
		(method) => {
			const scene = new BridgeScene().talk()
			const id = scene.request(
				from,
				method,
				[
					['X-Unknown', 'kept'],
					['Event', 'refer'],
				],
				bytes('body'),
			)
			expect(scene.story()).toEqual([`${to}<${method}`])
			const { request: sent, transactionId } = scene.lastSent(to)
			expect(sent.headers.get('X-Unknown')).toBe('kept')
			expect(sent.headers.get('Event')).toBe('refer')
			expect(sent.headers.get('Max-Forwards')).toBe('69')
			expect(text(sent.body)).toBe('body')
			scene.respond(transactionId, 100)
			expect(scene.story()).toEqual([])
			scene.respond(transactionId, 202, [['X-Answer', 'kept']], bytes('fine'))
			expect(scene.story()).toEqual([`${from}<202`])
			const [received] = scene.responses(id)
			expect(received?.headers.get('X-Answer')).toBe('kept')
			expect(text(received?.body ?? bytes(''))).toBe('fine')
			expect(Object.values(scene.state.exchanges)).toHaveLength(1)
		},
	)

	it('keep their CSeq numbers and get the identity of the other leg', () => {
		const scene = new BridgeScene().talk()
		scene.request(from, 'UPDATE', [
			['Contact', '<sip:secret@10.0.0.1>'],
			['Authorization', 'Digest x'],
		])
		const { headers, uri } = scene.lastSent(to).request
		expect(headers.get('CSeq')).toBe(from === 'caller' ? '21 UPDATE' : '101 UPDATE')
		expect(headers.get('Call-ID')).toBe('call-1@upstream.example')
		expect(headers.has('Via')).toBe(false)
		expect(headers.has('Authorization')).toBe(false)
		if (to === 'callee') {
			expect(uri).toBe('sip:phone@198.51.100.5:7000')
			expect(headers.get('From')).toBe('"Ann" <sip:ann@upstream.example>;tag=bridge')
			expect(headers.get('To')).toBe('<sip:bob@upstream.example>;tag=phone')
			expect(headers.all('Contact')).toEqual(['<sip:worker.example:5070>'])
		} else {
			expect(uri).toBe('sip:ann@192.0.2.1:5062')
			expect(headers.get('Route')).toBe('<sip:sbc.upstream.example;lr>')
			expect(headers.get('From')).toBe('<sip:bob@upstream.example>;tag=ours')
			expect(headers.get('To')).toBe('"Ann" <sip:ann@upstream.example>;tag=caller')
			expect(headers.all('Contact')).toEqual(['<sip:token@service.example>'])
		}
	})

	it('are refused out of order (500), at the end of Max-Forwards (483) and outside of the call (481)', () => {
		const scene = new BridgeScene().talk()
		scene.request(from, 'INFO', [['CSeq', '500 INFO']])
		const late = scene.request(from, 'INFO', [['CSeq', '499 INFO']])
		const far = scene.request(from, 'INFO', [
			['CSeq', '501 INFO'],
			['Max-Forwards', '0'],
		])
		const strange = scene.request(from, 'INFO', [['Call-ID', 'else']])
		const statuses = [late, far, strange].map((id) => scene.responses(id).map(({ status }) => status))
		expect(statuses).toEqual([[500], [483], [481]])
		expect(scene.all('ended')).toEqual([])
	})

	it('go to where the peer moved to', () => {
		const scene = new BridgeScene().talk()
		scene.request(to, 'UPDATE', [['Contact', '<sip:moved@203.0.113.9>']])
		scene.request(from, 'INFO')
		expect(scene.lastSent(to).request.uri).toBe('sip:moved@203.0.113.9')
		const invite = scene.request(from, 'INVITE')
		scene.respond(scene.lastSent(to).transactionId, 200, [['Contact', '<sip:again@203.0.113.10>']])
		expect(scene.responses(invite)).toHaveLength(1)
		scene.request(from, 'INFO')
		expect(scene.lastSent(to).request.uri).toBe('sip:again@203.0.113.10')
		scene.input({
			type: 'retarget',
			leg: to,
			remoteTarget: 'sip:attached@203.0.113.11',
			routes: ['<sip:edge2.example;lr>'],
		})
		scene.request(from, 'INFO')
		expect(scene.lastSent(to).request.uri).toBe('sip:attached@203.0.113.11')
		expect(scene.lastSent(to).request.headers.all('Route')).toEqual(['<sip:edge2.example;lr>'])
	})
})

describe.each(BOTH_WAYS)('re-INVITE from the %s leg', (from, to) => {
	const reinvite = () => {
		const scene = new BridgeScene().talk()
		const id = scene.request(from, 'INVITE', [['Content-Type', 'application/sdp']], bytes('hold'))
		return { scene, id, cseq: from === 'caller' ? 21 : 101, sent: scene.lastSent(to).transactionId }
	}

	it('passes, is answered, repeated until the ACK, and acknowledged end to end', () => {
		const { scene, id, cseq, sent } = reinvite()
		scene.respond(sent, 180)
		scene.respond(sent, 200, [], bytes('held'))
		scene.time.advance(1_500)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([180, 200, 200, 200])
		scene.ack(from, cseq, bytes('late answer'))
		expect(scene.story()).toEqual([`${to}<ACK`])
		expect(text(scene.all('send-ack').at(-1)?.ack.body ?? bytes(''))).toBe('late answer')
		expect(scene.all('send-ack').at(-1)?.ack.headers.get('CSeq')).toBe(`${cseq} ACK`)
		scene.respond(sent, 200)
		expect(scene.story()).toEqual([`${to}<ACK`])
	})

	it('leaves the call as it is when it is refused', () => {
		const { scene, id, sent } = reinvite()
		scene.respond(sent, 488)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([488])
		expect(scene.all('ended')).toEqual([])
		scene.request(from, 'INVITE')
		expect(scene.story()).toEqual([`${to}<INVITE`])
	})

	it('is told 491 when it crosses one from the other side, and passes a 491 back', () => {
		const { scene, id, sent } = reinvite()
		const crossing = scene.request(to, 'INVITE')
		expect(scene.responses(crossing).map(({ status }) => status)).toEqual([491])
		scene.respond(sent, 491)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([491])
	})

	it('is told 500 with Retry-After while its sender has another one open', () => {
		const { scene, sent } = reinvite()
		const second = scene.request(from, 'INVITE')
		expect(scene.responses(second)[0]).toMatchObject({ status: 500 })
		expect(Number(scene.responses(second)[0]?.headers.get('Retry-After'))).toBeLessThanOrEqual(10)
		scene.respond(sent, 200)
		const third = scene.request(to, 'INVITE')
		expect(scene.responses(third).map(({ status }) => status)).toEqual([491])
	})

	it('passes its CANCEL, and lets the other side decide', () => {
		const { scene, id, sent } = reinvite()
		const cancel = request('CANCEL', [['Reason', 'SIP;cause=487']])
		scene.input({ type: 'cancel', leg: from, transactionId: id, cancel })
		expect(scene.story()).toEqual([`${to}<CANCEL`])
		scene.input({ type: 'cancel', leg: from, transactionId: id, cancel })
		expect(scene.last).toEqual([])
		scene.respond(sent, 487)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([487])
		expect(scene.runningTimers).toEqual([])
		expect(scene.all('ended')).toEqual([])
	})

	it('goes through when the 2xx crossed the CANCEL', () => {
		const { scene, id, cseq, sent } = reinvite()
		scene.input({ type: 'cancel', leg: from, transactionId: id, cancel: request('CANCEL') })
		scene.respond(sent, 200)
		scene.ack(from, cseq)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([200])
		expect(scene.runningTimers).toEqual([])
	})

	it('ends the call when nothing answers its CANCEL', () => {
		const { scene, id } = reinvite()
		scene.input({ type: 'cancel', leg: from, transactionId: id, cancel: request('CANCEL') })
		scene.time.advance(32_000)
		expect(scene.responses(id).map(({ status }) => status)).toEqual([487])
		expect(scene.all('ended')).toEqual([{ type: 'ended', cause: 'timeout', by: to }])
	})

	it('ends the call when its ACK never comes', () => {
		const { scene, sent } = reinvite()
		scene.respond(sent, 200)
		scene.time.advance(32_000)
		expect(scene.story()).toEqual([`${to}<ACK`, 'caller<BYE', 'callee<BYE', `ended no-ack ${from}`])
	})
})
