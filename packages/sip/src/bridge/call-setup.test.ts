import { describe, expect, it } from 'vitest'
import { BridgeScene, callersInvite, INVITE } from '../../test/bridge-scene.ts'
import { bytes, request, response, text } from '../../test/messages.ts'
import { startBridge } from './bridge.ts'

describe('a call that is answered', () => {
	it('goes through: ringing, answer, ACK', () => {
		const scene = new BridgeScene()
		expect(scene.story()).toEqual(['callee<INVITE'])
		scene.phone(100)
		expect(scene.story()).toEqual([])
		scene.phone(180)
		expect(scene.story()).toEqual(['progress 180', 'caller<180'])
		scene.phone(200, [['Content-Type', 'application/sdp']], bytes('answer'))
		expect(scene.story()).toEqual(['caller<200', 'answered'])
		scene.ack('caller', 20)
		expect(scene.story()).toEqual(['callee<ACK'])
		expect(scene.runningTimers).toEqual([])
		expect(scene.state.legs).toMatchObject({ caller: { phase: 'confirmed' }, callee: { phase: 'confirmed' } })
	})

	it('shows the caller our tag, our Contact, its own routes, and the phone’s body and unknown fields', () => {
		const scene = new BridgeScene()
		const fields = [
			['Content-Type', 'application/sdp'],
			['Session-Expires', '1800;refresher=uas'],
			['X-Phone', 'kept'],
			['Record-Route', '<sip:edge.example;lr>'],
		] as const
		scene.phone(200, fields, bytes('answer'))
		const [received] = scene.responses(INVITE)
		expect(received?.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=ours')
		expect(received?.headers.get('CSeq')).toBe('20 INVITE')
		expect(received?.headers.all('Contact')).toEqual(['<sip:token@service.example>'])
		expect(received?.headers.all('Record-Route')).toEqual(['<sip:sbc.upstream.example;lr>'])
		expect(received?.headers.get('Session-Expires')).toBe('1800;refresher=uas')
		expect(received?.headers.get('X-Phone')).toBe('kept')
		expect(text(received?.body ?? bytes(''))).toBe('answer')
	})

	it('passes the ACK end to end, with its body, to where the phone answered from', () => {
		const scene = new BridgeScene()
		scene.phone(200, [['Record-Route', '<sip:edge.example;lr>']], bytes('offer of the phone'))
		scene.ack('caller', 20, bytes('answer of the caller'))
		const [ack] = scene.all('send-ack')
		expect(ack?.leg).toBe('callee')
		expect(ack?.ack.uri).toBe('sip:phone@198.51.100.5:7000')
		expect(ack?.ack.headers.get('Route')).toBe('<sip:edge.example;lr>')
		expect(ack?.ack.headers.get('CSeq')).toBe('20 ACK')
		expect(ack?.ack.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=phone')
		expect(text(ack?.ack.body ?? bytes(''))).toBe('answer of the caller')
	})

	it('repeats the 2xx to the caller from T1 to T2 until the ACK, and absorbs the phone’s repetitions meanwhile', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.time.advance(500)
		scene.phone(200)
		expect(scene.story()).toEqual([])
		scene.time.advance(7_000)
		expect(scene.responses(INVITE)).toHaveLength(5)
		scene.ack('caller', 20)
		scene.time.advance(60_000)
		expect(scene.responses(INVITE)).toHaveLength(5)
	})

	it('repeats the ACK when the phone repeats its 2xx, with or without a client transaction', () => {
		const scene = new BridgeScene().talk()
		scene.phone(200)
		expect(scene.story()).toEqual(['callee<ACK'])
		const stray = response(scene.sent('b1').request, 200, [['To', '<sip:bob@upstream.example>;tag=phone']])
		scene.input({ type: 'response', leg: 'callee', transactionId: undefined, response: stray })
		expect(scene.story()).toEqual(['callee<ACK'])
		const acks = new Set(scene.all('send-ack').map(({ ack }) => ack))
		expect(acks.size).toBe(1)
	})

	it('drops repeated, foreign and unexpected ACKs', () => {
		const scene = new BridgeScene()
		scene.ack('caller', 20)
		scene.phone(200)
		scene.ack('caller', 19)
		scene.ack('callee', 20)
		const foreign = request('ACK', [
			['CSeq', '20 ACK'],
			['To', '<sip:bob@upstream.example>;tag=else'],
		])
		scene.input({ type: 'ack', leg: 'caller', ack: foreign })
		expect(scene.all('send-ack')).toEqual([])
		scene.ack('caller', 20)
		scene.ack('caller', 20)
		expect(scene.all('send-ack')).toHaveLength(1)
	})

	it('ends both legs when the caller never sends its ACK', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.time.advance(31_999)
		expect(scene.all('ended')).toEqual([])
		scene.time.advance(1)
		expect(scene.story()).toEqual(['callee<ACK', 'caller<BYE', 'callee<BYE', 'ended no-ack caller'])
		expect(scene.all('send-ack')).toHaveLength(1)
		expect(scene.responses(INVITE)).toHaveLength(11)
	})

	it('ends a second phone that answers the same INVITE, once', () => {
		const scene = new BridgeScene().talk()
		const other = [['To', '<sip:bob@upstream.example>;tag=other']] as const
		scene.phone(200, other)
		expect(scene.story()).toEqual(['callee<ACK', 'callee<BYE'])
		expect(scene.lastSent('callee').request.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=other')
		scene.phone(200, other)
		expect(scene.story()).toEqual(['callee<ACK'])
		scene.respond('b2', 200)
		expect(scene.all('ended')).toEqual([])
	})

	it('takes the answer of another branch than the one that rang', () => {
		const scene = new BridgeScene()
		scene.phone(180, [['To', '<sip:bob@upstream.example>;tag=first']])
		scene.phone(200)
		scene.ack('caller', 20)
		expect(scene.all('send-ack')[0]?.ack.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=phone')
		const tags = scene.responses(INVITE).map(({ headers }) => headers.get('To'))
		expect(new Set(tags)).toEqual(new Set(['<sip:bob@upstream.example>;tag=ours']))
	})
})

describe('a call that is refused', () => {
	it('passes the refusal back, reason and all', () => {
		const scene = new BridgeScene()
		scene.phone(486, [['Retry-After', '30']])
		expect(scene.story()).toEqual(['rejected 486 response', 'caller<486', 'ended rejected callee', 'released'])
		const [refusal] = scene.responses(INVITE)
		expect(refusal?.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=ours')
		expect(refusal?.headers.get('Retry-After')).toBe('30')
	})

	it('keeps the addresses of a redirection', () => {
		const scene = new BridgeScene()
		scene.phone(302, [['Contact', '<sip:bob@elsewhere.example>']])
		expect(scene.responses(INVITE)[0]?.headers.get('Contact')).toBe('<sip:bob@elsewhere.example>')
	})

	it('leaves the answer to its owner when it is told to', () => {
		const scene = new BridgeScene({ rejections: 'report' })
		scene.phone(486)
		expect(scene.story()).toEqual(['rejected 486 response', 'ended rejected callee', 'released'])
		expect(scene.all('rejected')[0]?.response.headers.get('To')).toBe('<sip:bob@upstream.example>;tag=ours')
	})

	it.each([
		['timeout', 408],
		['transport', 480],
	] as const)('tells a %s of the device leg by %i', (cause, status) => {
		const scene = new BridgeScene()
		scene.input({ type: 'failed', leg: 'callee', transactionId: 'b1', cause })
		expect(scene.story()).toEqual([
			`rejected ${status} ${cause}`,
			`caller<${status}`,
			'ended rejected callee',
			'released',
		])
	})
})

describe('a call that is given up', () => {
	const reason = ['Reason', 'SIP;cause=200;text="Call completed elsewhere"'] as const

	function cancel(scene: BridgeScene, fields = [reason]) {
		const cancel = request('CANCEL', [['CSeq', '20 CANCEL'], ...fields])
		scene.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel })
	}

	it('is answered 487 at once and cancelled at the phone, with the caller’s Reason', () => {
		const scene = new BridgeScene()
		scene.phone(180)
		cancel(scene)
		expect(scene.story()).toEqual(['caller<487', 'callee<CANCEL', 'ended cancelled caller'])
		expect(scene.all('send-cancel')[0]).toMatchObject({ transactionId: 'b1', headers: [reason] })
		scene.phone(487)
		expect(scene.story()).toEqual(['released'])
		expect(scene.runningTimers).toEqual([])
	})

	it('leaves the 487 to its owner when it is told to', () => {
		const scene = new BridgeScene({ rejections: 'report' })
		cancel(scene)
		expect(scene.story()).toEqual(['callee<CANCEL', 'ended cancelled caller'])
	})

	it('acknowledges and ends the phone that answered too late', () => {
		const scene = new BridgeScene()
		cancel(scene)
		scene.phone(200)
		expect(scene.story()).toEqual(['callee<ACK', 'callee<BYE'])
		expect(scene.lastSent('callee').request.headers.get('CSeq')).toBe('21 BYE')
		scene.phone(200)
		expect(scene.story()).toEqual(['callee<ACK'])
		expect(scene.responses(INVITE)).toHaveLength(1)
		scene.respond('b2', 200)
		expect(scene.story()).toEqual(['released'])
	})

	it('forgets a phone that does not answer its CANCEL', () => {
		const scene = new BridgeScene()
		cancel(scene)
		scene.time.advance(32_000)
		expect(scene.story()).toEqual(['released'])
		const failing = new BridgeScene()
		cancel(failing)
		failing.input({ type: 'failed', leg: 'callee', transactionId: 'b1', cause: 'timeout' })
		expect(failing.story()).toEqual(['released'])
	})

	it('ignores a CANCEL after the answer, and one of nothing', () => {
		const scene = new BridgeScene()
		scene.input({ type: 'cancel', leg: 'caller', transactionId: 'else', cancel: request('CANCEL') })
		expect(scene.last).toEqual([])
		scene.talk()
		cancel(scene)
		expect(scene.last).toEqual([])
	})

	it('takes the ringing away from a phone when its owner says so', () => {
		const scene = new BridgeScene()
		scene.phone(180)
		scene.input({ type: 'withdraw', headers: [reason] })
		expect(scene.story()).toEqual(['callee<CANCEL', 'ended withdrawn bridge'])
		expect(scene.responses(INVITE).map(({ status }) => status)).toEqual([180])
		scene.input({ type: 'withdraw' })
		expect(scene.last).toEqual([])
	})

	it('keeps an answered call when the withdrawal comes too late', () => {
		const scene = new BridgeScene().talk()
		scene.input({ type: 'withdraw' })
		expect(scene.last).toEqual([])
	})

	it('ends by its owner with the status that it says', () => {
		const scene = new BridgeScene()
		scene.input({ type: 'hang-up', status: 603 })
		expect(scene.story()).toEqual(['caller<603', 'callee<CANCEL', 'ended hung-up bridge'])
	})
})

describe('startBridge', () => {
	it('refuses an INVITE of which no dialog can be made', () => {
		const broken = callersInvite([['To', '"broken']])
		const calleeInvite = callersInvite()
		const start = {
			callerInvite: broken,
			callerTransactionId: INVITE,
			callerTag: 'ours',
			callerContact: '',
			calleeInvite,
		}
		expect(() => startBridge(start, 0)).toThrow(RangeError)
	})
})
