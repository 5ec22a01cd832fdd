import { describe, expect, it } from 'vitest'
import { BridgeScene, callersInvite, INVITE, phonesInvite } from '../../test/bridge-scene.ts'
import { bytes, response, text } from '../../test/messages.ts'
import { discardResponse } from './discarded-response.ts'
import type { Leg } from './types.ts'

const BOTH_WAYS = [
	['caller', 'callee'],
	['callee', 'caller'],
] as const satisfies readonly (readonly [Leg, Leg])[]

const statuses = (scene: BridgeScene, id: string) => scene.responses(id).map(({ status }) => status)

describe.each(BOTH_WAYS)('the %s side hangs up', (from, to) => {
	it('is answered at once, and the other side gets BYE with what it said', () => {
		const scene = new BridgeScene().talk()
		const bye = scene.request(
			from,
			'BYE',
			[
				['Reason', 'Q.850;cause=16'],
				['Content-Type', 'text/plain'],
			],
			bytes('stats'),
		)
		expect(scene.story()).toEqual([`${from}<200`, `${to}<BYE`, `ended bye ${from}`])
		const { request: passed, transactionId } = scene.lastSent(to)
		expect(passed.headers.get('Reason')).toBe('Q.850;cause=16')
		expect(passed.headers.get('CSeq')).toBe(from === 'caller' ? '21 BYE' : '101 BYE')
		expect(text(passed.body)).toBe('stats')
		expect(statuses(scene, bye)).toEqual([200])
		scene.respond(transactionId, 200)
		expect(scene.story()).toEqual(['released'])
	})

	it('closes whatever the other side says to its BYE, or if it says nothing', () => {
		const refused = new BridgeScene().talk()
		refused.request(from, 'BYE')
		refused.respond(refused.lastSent(to).transactionId, 481)
		expect(refused.story()).toEqual(['released'])
		const silent = new BridgeScene().talk()
		silent.request(from, 'BYE')
		silent.input({ type: 'failed', leg: to, transactionId: silent.lastSent(to).transactionId, cause: 'timeout' })
		expect(silent.story()).toEqual(['released'])
	})

	it('crosses the BYE of the other side: both are answered, nothing is sent twice', () => {
		const scene = new BridgeScene().talk()
		scene.request(from, 'BYE')
		const crossing = scene.request(to, 'BYE')
		expect(statuses(scene, crossing)).toEqual([200])
		expect(scene.story()).toEqual([`${to}<200`])
		scene.respond(scene.lastSent(to).transactionId, 481)
		expect(scene.story()).toEqual(['released'])
		expect(scene.all('ended')).toHaveLength(1)
	})

	it('answers what was open with 487 and what comes later with 481', () => {
		const scene = new BridgeScene().talk()
		const info = scene.request(to, 'INFO')
		const invite = scene.request(to, 'INVITE')
		const update = scene.request(from, 'UPDATE')
		scene.request(from, 'BYE')
		expect([info, invite, update].map((id) => statuses(scene, id))).toEqual([[487], [487], [487]])
		const late = scene.request(to, 'INFO')
		const again = scene.request(from, 'BYE')
		expect([late, again].map((id) => statuses(scene, id))).toEqual([[481], [481]])
	})

	it('acknowledges a 2xx that comes for a re-INVITE afterwards', () => {
		const scene = new BridgeScene().talk()
		scene.request(to, 'INVITE')
		const { transactionId } = scene.lastSent(from)
		scene.request(from, 'BYE')
		scene.respond(transactionId, 180)
		expect(scene.story()).toEqual([])
		scene.respond(transactionId, 200)
		expect(scene.story()).toEqual([`${from}<ACK`])
	})
})

describe('hanging up around the answer', () => {
	it('acknowledges the phone before its BYE when the caller hangs up instead of acknowledging', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.request('caller', 'BYE')
		expect(scene.story()).toEqual(['caller<200', 'callee<ACK', 'callee<BYE', 'ended bye caller'])
		expect(scene.runningTimers).toEqual([])
	})

	it('sends the caller no BYE before its ACK came', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.request('callee', 'BYE')
		expect(scene.story()).toEqual(['callee<200', 'callee<ACK', 'ended bye callee'])
		scene.time.advance(500)
		expect(scene.story()).toEqual(['caller<200'])
		scene.ack('caller', 20)
		expect(scene.story()).toEqual(['caller<BYE'])
		expect(scene.runningTimers).toEqual([])
		scene.respond(scene.lastSent('caller').transactionId, 200)
		expect(scene.story()).toEqual(['released'])
	})

	it('sends it after 64*T1 when the ACK never comes', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.request('callee', 'BYE')
		scene.time.advance(32_000)
		expect(scene.story()).toEqual(['caller<BYE'])
		expect(scene.all('ended')).toHaveLength(1)
	})

	it('is done when the caller hangs up while that BYE waits', () => {
		const scene = new BridgeScene()
		scene.phone(200)
		scene.request('callee', 'BYE')
		const bye = scene.request('caller', 'BYE')
		expect(statuses(scene, bye)).toEqual([200])
		expect(scene.last).toContainEqual({ type: 'released' })
		expect(scene.runningTimers).toEqual([])
	})

	it('takes an early BYE of the caller for a CANCEL', () => {
		const scene = new BridgeScene()
		scene.phone(180)
		const bye = scene.request('caller', 'BYE')
		expect(statuses(scene, bye)).toEqual([200])
		expect(scene.story()).toEqual(['caller<200', 'caller<487', 'callee<CANCEL', 'ended bye caller'])
	})

	it('takes an early BYE of the phone for a refusal', () => {
		const scene = new BridgeScene()
		scene.phone(180)
		scene.request('callee', 'BYE')
		expect(scene.story()).toEqual([
			'callee<200',
			'rejected 480 response',
			'caller<480',
			'callee<CANCEL',
			'ended bye callee',
		])
		scene.request('callee', 'BYE')
		expect(scene.story()).toEqual(['callee<200'])
	})
})

describe.each(BOTH_WAYS)('a request from the %s leg that fails at the other', (from, to) => {
	it.each(['timeout', 'transport'] as const)('by %s ends both legs', (cause) => {
		const scene = new BridgeScene().talk()
		const id = scene.request(from, 'INFO')
		scene.input({ type: 'failed', leg: to, transactionId: scene.lastSent(to).transactionId, cause })
		expect(statuses(scene, id)).toEqual([481])
		expect(scene.story()).toEqual([`${from}<481`, 'caller<BYE', 'callee<BYE', `ended ${cause} ${to}`])
	})

	it('tells an INVITE by 408', () => {
		const scene = new BridgeScene().talk()
		const id = scene.request(from, 'INVITE')
		const { transactionId } = scene.lastSent(to)
		scene.input({ type: 'cancel', leg: from, transactionId: id, cancel: scene.makeRequest(from, 'CANCEL') })
		scene.input({ type: 'failed', leg: to, transactionId, cause: 'timeout' })
		expect(statuses(scene, id)).toEqual([408])
		expect(scene.runningTimers).toEqual([])
	})

	it('by 408 ends both legs, by 481 too, but without BYE to who knows no call', () => {
		const timedOut = new BridgeScene().talk()
		timedOut.request(from, 'OPTIONS')
		timedOut.respond(timedOut.lastSent(to).transactionId, 408)
		expect(timedOut.story()).toEqual([`${from}<408`, 'caller<BYE', 'callee<BYE', `ended timeout ${to}`])
		const unknown = new BridgeScene().talk()
		unknown.request(from, 'OPTIONS')
		unknown.respond(unknown.lastSent(to).transactionId, 481)
		expect(unknown.story()).toEqual([`${from}<481`, `${from}<BYE`, `ended dialog-gone ${to}`])
	})

	it.each(['NOTIFY', 'SUBSCRIBE', 'PRACK'])('by 481 to %s keeps the call: that is another usage', (method) => {
		const scene = new BridgeScene().talk()
		scene.request(from, method)
		scene.respond(scene.lastSent(to).transactionId, 481)
		expect(scene.story()).toEqual([`${from}<481`])
	})

	it('by anything else leaves the call alone', () => {
		const scene = new BridgeScene().talk()
		for (const status of [404, 405, 415, 486, 489, 500, 501, 503, 603]) {
			scene.request(from, 'INFO')
			scene.respond(scene.lastSent(to).transactionId, status)
		}
		expect(scene.all('ended')).toEqual([])
	})
})

describe('the owner', () => {
	it('ends a call in progress, saying why and on whose account', () => {
		const scene = new BridgeScene().talk()
		scene.input({ type: 'hang-up', headers: [['Reason', 'Q.850;cause=41']], cause: 'transport', by: 'callee' })
		expect(scene.story()).toEqual(['caller<BYE', 'callee<BYE', 'ended transport callee'])
		expect(scene.lastSent('caller').request.headers.get('Reason')).toBe('Q.850;cause=41')
		expect(scene.lastSent('caller').request.headers.get('CSeq')).toBe('1 BYE')
		expect(scene.lastSent('callee').request.headers.get('CSeq')).toBe('21 BYE')
		scene.input({ type: 'hang-up' })
		expect(scene.last).toEqual([])
	})

	it('hears of an unanswered call that ends for a lost request', () => {
		const scene = new BridgeScene({ rejections: 'report' })
		scene.phone(183)
		scene.request('caller', 'UPDATE')
		scene.input({ type: 'failed', leg: 'callee', transactionId: 'b2', cause: 'timeout' })
		expect(scene.story()).toEqual(['caller<481', 'rejected 480 response', 'callee<CANCEL', 'ended timeout callee'])
		expect(statuses(scene, INVITE)).toEqual([183])
	})
})

describe('inputs of the past', () => {
	it('change nothing', () => {
		const scene = new BridgeScene().talk()
		scene.request('caller', 'BYE')
		scene.respond('b2', 200)
		const { state } = scene
		scene.input({ type: 'due' })
		scene.input({ type: 'failed', leg: 'callee', transactionId: 'b2', cause: 'timeout' })
		scene.input({ type: 'credentials', transactionId: 'b2', headers: [] })
		scene.respond('b2', 200)
		expect(scene.state).toEqual(state)
		expect(scene.all('released')).toHaveLength(1)
	})
})

describe('discardResponse', () => {
	const invite = phonesInvite(callersInvite())

	it('makes ACK and BYE for a 2xx that nobody wants', () => {
		const received = response(invite, 200, [
			['Contact', '<sip:phone@198.51.100.5>'],
			['Record-Route', '<sip:edge.example;lr>'],
		])
		const discard = discardResponse(invite, received, [['Reason', 'SIP;cause=200']])
		expect(discard?.ack.headers.get('CSeq')).toBe('20 ACK')
		expect(discard?.bye.headers.get('CSeq')).toBe('21 BYE')
		expect(discard?.bye.headers.get('Reason')).toBe('SIP;cause=200')
		expect(discard?.bye.uri).toBe('sip:phone@198.51.100.5')
		expect(discard?.bye.headers.get('Route')).toBe('<sip:edge.example;lr>')
	})

	it('makes nothing of other responses', () => {
		expect(discardResponse(invite, response(invite, 180))).toBeUndefined()
		expect(discardResponse(invite, response(invite, 486))).toBeUndefined()
	})
})
