import { describe, expect, it } from 'vitest'
import { callersInvite, INVITE } from '../../test/bridge-scene.ts'
import { ask, forked, reliable, toTag } from '../../test/forked-scene.ts'
import { bytes, text } from '../../test/messages.ts'

describe('a caller that is at a loss with several early dialogs', () => {
	function ringing(body = bytes('')) {
		const scene = forked()
		scene.end('one', 180, reliable(1))
		ask(scene, 'ours', 'PRACK', [['RAck', '1 20 INVITE']])
		scene.end(
			'two',
			183,
			[...reliable(9), ['Content-Type', 'application/sdp'], ['Content-Disposition', 'session']],
			body,
		)
		return scene
	}

	it('has the PRACK that it owes sent by the bridge, after a while', () => {
		const scene = ringing()
		scene.time.advance(1_999)
		expect(scene.lastSent('callee').request.method).toBe('PRACK')
		expect(toTag(scene)).toBe('one')
		scene.time.advance(1)
		expect(toTag(scene)).toBe('two')
		expect(scene.lastSent('callee').request.headers.get('RAck')).toBe('9 20 INVITE')
		scene.respond(scene.lastSent('callee').transactionId, 200)
		const heard = scene.responses(INVITE).length
		scene.end('two', 183, reliable(9))
		expect(scene.responses(INVITE)).toHaveLength(heard)
		expect(
			scene.responses(ask(scene, 'ours.2', 'PRACK', [['RAck', '9 20 INVITE']])).map(({ status }) => status),
		).toEqual([200])
		scene.end('two', 183, reliable(10))
		expect(scene.responses(INVITE)).toHaveLength(heard + 1)
	})

	it('gets the session description of the acknowledged response with the answer, where that has none', () => {
		const scene = ringing(bytes('session'))
		scene.time.advance(2_000)
		scene.end('two', 200)
		const received = scene.responses(INVITE).at(-1)
		expect(text(received?.body ?? bytes(''))).toBe('session')
		expect(received?.headers.get('Content-Type')).toBe('application/sdp')
		expect(received?.headers.get('Content-Disposition')).toBe('session')
	})

	it('keeps that of the answer where it has one, and where it acknowledged by itself', () => {
		const scene = ringing(bytes('session'))
		scene.time.advance(2_000)
		scene.end('two', 200, [], bytes('other'))
		expect(text(scene.responses(INVITE).at(-1)?.body ?? bytes(''))).toBe('other')
		const own = ringing(bytes('session'))
		ask(own, 'ours.2', 'PRACK', [['RAck', '9 20 INVITE']])
		own.time.advance(5_000)
		expect(own.all('send-request').filter(({ request: { method } }) => method === 'PRACK')).toHaveLength(2)
		own.end('two', 200)
		expect(own.responses(INVITE).at(-1)?.body).toHaveLength(0)
	})

	it('waits for the first end’s as well, once there is a second', () => {
		const scene = forked()
		scene.end('one', 180, reliable(1))
		scene.time.advance(10_000)
		expect(scene.all('send-request')).toHaveLength(1)
		scene.end('two', 180)
		scene.time.advance(2_000)
		expect(toTag(scene)).toBe('one')
	})

	it('answers offers itself, or nobody does', () => {
		const invite = callersInvite()
		const scene = forked({ ...invite, body: bytes('') })
		scene.end('one', 180)
		scene.end('two', 183, reliable(1), bytes('offer'))
		scene.time.advance(10_000)
		expect(scene.all('send-request')).toHaveLength(1)
	})

	it('is not helped where it sees one end alone, or when the call is over', () => {
		const scene = forked()
		scene.end('one', 183, reliable(1))
		scene.time.advance(30_000)
		expect(scene.all('send-request')).toHaveLength(1)
		const over = ringing()
		over.input({ type: 'hang-up' })
		expect(over.runningTimers.filter((name) => name.startsWith('prack'))).toEqual([])
	})
})
