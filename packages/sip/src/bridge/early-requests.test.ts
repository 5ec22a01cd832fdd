import { describe, expect, it } from 'vitest'
import { BridgeScene, callersInvite, INVITE } from '../../test/bridge-scene.ts'

const reliable = (rseq: number) =>
	[
		['Require', '100rel'],
		['RSeq', String(rseq)],
	] as const

describe('reliable provisional responses (RFC 3262)', () => {
	it('pass with RSeq, and PRACK passes back with a RAck that fits', () => {
		const scene = new BridgeScene()
		scene.phone(183, reliable(7_000))
		expect(scene.responses(INVITE)[0]?.headers.get('RSeq')).toBe('7000')
		expect(scene.responses(INVITE)[0]?.headers.get('Require')).toBe('100rel')
		const prack = scene.request('caller', 'PRACK', [['RAck', '7000 20 INVITE']])
		const { request: sent, transactionId } = scene.lastSent('callee')
		expect(sent.headers.get('RAck')).toBe('7000 20 INVITE')
		expect(sent.headers.get('CSeq')).toBe('21 PRACK')
		scene.respond(transactionId, 200)
		expect(scene.responses(prack).map(({ status }) => status)).toEqual([200])
	})

	it('keep counting the dialog’s requests after the answer', () => {
		const scene = new BridgeScene()
		scene.phone(183, reliable(1))
		scene.request('caller', 'PRACK', [['RAck', '1 20 INVITE']])
		scene.respond('b2', 200)
		scene.talk()
		scene.input({ type: 'hang-up' })
		expect(scene.lastSent('callee').request.headers.get('CSeq')).toBe('22 BYE')
	})

	it('are numbered after those that the owner sent itself', () => {
		const scene = new BridgeScene({ lastRSeq: 50 })
		scene.phone(183, reliable(7_000))
		scene.phone(180, reliable(7_001))
		expect(scene.responses(INVITE).map(({ headers }) => headers.get('RSeq'))).toEqual(['51', '52'])
		scene.request('caller', 'PRACK', [['RAck', '52 20 INVITE']])
		expect(scene.lastSent('callee').request.headers.get('RAck')).toBe('7001 20 INVITE')
	})

	it('are all that a caller gets who requires them', () => {
		const scene = new BridgeScene({}, callersInvite([['Require', '100rel']]))
		scene.phone(180)
		expect(scene.story()).toEqual(['progress 180'])
		scene.phone(183, reliable(1))
		expect(scene.story()).toEqual(['progress 183', 'caller<183'])
	})

	it('of a re-INVITE keep their numbers', () => {
		const scene = new BridgeScene().talk()
		const invite = scene.request('callee', 'INVITE')
		scene.respond(scene.lastSent('caller').transactionId, 183, reliable(900))
		expect(scene.responses(invite)[0]?.headers.get('RSeq')).toBe('900')
		scene.request('callee', 'PRACK', [['RAck', '900 101 INVITE']])
		expect(scene.lastSent('caller').request.headers.get('RAck')).toBe('900 101 INVITE')
	})

	it('do not stumble over a RAck that cannot be read, or names nothing known', () => {
		const scene = new BridgeScene()
		scene.phone(183, reliable(1))
		scene.request('caller', 'PRACK', [['RAck', 'nonsense']])
		expect(scene.lastSent('callee').request.headers.get('RAck')).toBe('nonsense')
		scene.request('caller', 'PRACK', [['RAck', '4 7 INVITE']])
		expect(scene.lastSent('callee').request.headers.get('RAck')).toBe('4 7 INVITE')
	})
})

describe('other requests before the answer', () => {
	it('pass in both directions', () => {
		const scene = new BridgeScene()
		scene.phone(183)
		scene.request('caller', 'UPDATE')
		expect(scene.story()).toEqual(['callee<UPDATE'])
		scene.request('callee', 'INFO')
		expect(scene.story()).toEqual(['caller<INFO'])
	})

	it('have to wait for the phone to show itself', () => {
		const scene = new BridgeScene()
		const update = scene.request('caller', 'UPDATE')
		expect(scene.responses(update)[0]).toMatchObject({ status: 500 })
		expect(scene.responses(update)[0]?.headers.has('Retry-After')).toBe(true)
		const stranger = scene.request('callee', 'INFO')
		expect(scene.responses(stranger)[0]).toMatchObject({ status: 481 })
	})

	it('may not be another INVITE', () => {
		const scene = new BridgeScene()
		scene.phone(180)
		const again = scene.request('caller', 'INVITE')
		expect(scene.responses(again)[0]).toMatchObject({ status: 500 })
		const back = scene.request('callee', 'INVITE')
		expect(scene.responses(back)[0]).toMatchObject({ status: 491 })
	})

	it('are answered when the phone refuses meanwhile', () => {
		const scene = new BridgeScene()
		scene.phone(183)
		const update = scene.request('caller', 'UPDATE')
		scene.phone(486)
		expect(scene.responses(update).map(({ status }) => status)).toEqual([487])
		expect(scene.responses(INVITE).map(({ status }) => status)).toEqual([183, 486])
	})
})
