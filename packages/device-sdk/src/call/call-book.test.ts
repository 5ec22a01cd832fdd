import { VirtualClock } from '@vigil/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { CallBook } from './call-book.ts'
import { type CallLeg, type CallLegListener, endOfNotice, type RemoteEnd } from './call-leg.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { CallNews } from './sip-incoming-call.ts'

class FakeLeg implements CallLeg {
	readonly sipCallId: string
	readonly callId: string | undefined
	readonly from = { uri: 'sip:bob@example.com' }
	readonly to = 'sip:d1@edge.test'
	readonly offer = 'v=0 offer'
	readonly done: string[] = []
	listener: CallLegListener | undefined
	acceptance = Promise.withResolvers<void>()

	constructor(sipCallId: string, callId?: string) {
		this.sipCallId = sipCallId
		this.callId = callId
	}

	ring(): void {
		this.done.push('ring')
	}

	accept(): Promise<void> {
		this.done.push('accept')
		return this.acceptance.promise
	}

	decline(status: number): void {
		this.done.push(`decline ${status}`)
	}

	hangUp(): Promise<void> {
		this.done.push('hang up')
		return Promise.resolve()
	}

	forget(): void {
		this.done.push('forget')
	}

	end(why: RemoteEnd): void {
		this.listener?.onEnded(why)
	}
}

let clock: VirtualClock
let told: IncomingCall[]
let declined: string[]
let book: CallBook

beforeEach(() => {
	clock = new VirtualClock()
	told = []
	declined = []
	book = new CallBook({
		timers: clock,
		declineByApi: async (callId) => void declined.push(callId),
		onIncoming: (call) => told.push(call),
	})
})

function news(sipCallId: string, callId = `api-${sipCallId}`): CallNews {
	const from = { uri: 'sip:bob@example.com' }
	return { sipCallId, callId, accountId: 'a1', from, to: 'sip:alice@example.com' }
}

function announce(sipCallId: string, inMs = 20_000, callId?: string): void {
	book.announced(news(sipCallId, callId), clock.now() + inMs)
}

function invite(sipCallId: string, callId?: string): FakeLeg {
	const leg = new FakeLeg(sipCallId, callId)
	book.invited(leg)
	return leg
}

describe('a call that was announced', () => {
	it('is told once, however often its push comes', () => {
		announce('1')
		announce('1')
		invite('1')
		announce('1')
		expect(told).toHaveLength(1)
		expect(told[0]?.state).toBe('ringing')
		expect(clock.pendingTimers).toBe(0)
	})

	it('expires when its INVITE does not come', async () => {
		announce('1', 20_000)
		await clock.advance(19_999)
		expect(told[0]?.state).toBe('announced')
		await clock.advance(1)
		expect(told[0]?.end).toBe('expired')
	})

	it('gets a while for its INVITE though its deadline looks past, for the phone may be wrong about the time', async () => {
		announce('1', -60_000)
		expect(told[0]?.state).toBe('announced')
		const leg = invite('1')
		expect(leg.done).toEqual(['ring'])
		await clock.advance(300_000)
		expect(told[0]?.state).toBe('ringing')
	})

	it('rings anew when its INVITE comes after all', async () => {
		announce('1')
		await clock.advance(20_000)
		expect(invite('1').done).toEqual(['ring'])
		expect(told.map(({ state }) => state)).toEqual(['ended', 'ringing'])
	})

	it('is declined through the control API while its INVITE is not here, and its INVITE is refused', async () => {
		announce('1')
		await told[0]?.decline()
		expect(declined).toEqual(['api-1'])
		expect(told[0]?.end).toBe('declined')
		expect(invite('1').done).toEqual(['decline 603'])
		expect(told).toHaveLength(1)
	})

	it('ends when a push says that the caller gave up, and its INVITE rings no more', () => {
		announce('1')
		book.cancelled(news('1'))
		expect(told[0]?.end).toBe('cancelled')
		expect(invite('1').done).toEqual(['decline 480'])
	})

	it('ends with what that push says of it', () => {
		announce('1')
		book.cancelled(news('1'), endOfNotice({ reason: 'answered-elsewhere' }))
		announce('2')
		book.cancelled(news('2'), endOfNotice({ reason: 'busy-elsewhere' }))
		announce('3')
		book.cancelled(news('3'), endOfNotice({}))
		expect(told.map(({ end }) => end)).toEqual(['answered-elsewhere', 'declined-elsewhere', 'cancelled'])
	})

	it('is not told at all when that push overtook its own', () => {
		book.cancelled(news('1'))
		announce('1')
		expect(told).toEqual([])
		expect(book.find('1')?.end).toBe('cancelled')
	})
})

describe('two calls with the same Call-ID, which is their caller’s', () => {
	it('ring on two lines at once, each with its own INVITE', () => {
		announce('1', 20_000, 'call-a')
		announce('1', 20_000, 'call-b')
		const [second, first] = [invite('1', 'call-b'), invite('1', 'call-a')]
		expect(told.map(({ callId, state }) => [callId, state])).toEqual([
			['call-a', 'ringing'],
			['call-b', 'ringing'],
		])
		second.end('answered-elsewhere')
		expect(told.map(({ end }) => end)).toEqual([undefined, 'answered-elsewhere'])
		expect(first.done).toEqual(['ring'])
	})

	it('ring one after the other: the next attempt of a caller is a new call', async () => {
		announce('1', 20_000, 'call-a')
		await told[0]?.decline()
		announce('1', 20_000, 'call-b')
		expect(invite('1', 'call-b').done).toEqual(['ring'])
		expect(invite('1', 'call-a').done).toEqual(['decline 603'])
		expect(told).toHaveLength(2)
	})
})

describe('a call whose INVITE is here', () => {
	it('leaves its cancellation to SIP', () => {
		const leg = invite('1')
		book.cancelled(news('1'))
		expect(told[0]?.state).toBe('ringing')
		leg.end('cancelled')
		expect(told[0]?.end).toBe('cancelled')
	})

	it('is answered on the leg that came last', async () => {
		const first = invite('1')
		const accepted = told[0]?.accept('v=0')
		const second = invite('1')
		first.acceptance.reject(new Error('forgotten'))
		first.end('failed')
		second.acceptance.resolve()
		await accepted
		expect(second.done).toEqual(['accept'])
		expect(told[0]?.state).toBe('answered')
	})

	it('refuses a second INVITE once the answer is confirmed', async () => {
		const leg = invite('1')
		leg.acceptance.resolve()
		await told[0]?.accept('v=0')
		leg.listener?.onConfirmed()
		expect(invite('1').done).toEqual(['decline 482'])
		expect(told[0]?.state).toBe('answered')
	})

	it('ends when the way to the edge is gone, and rings anew when it is back', () => {
		invite('1')
		announce('2')
		book.legsLost()
		expect(told.map(({ end }) => end)).toEqual(['failed', undefined])
		expect(invite('1').done).toEqual(['ring'])
	})

	it.each([
		['ringing', ['ring', 'decline 480']],
		['answered', ['ring', 'accept', 'hang up']],
	])('is ended properly on detach while %s', async (state, done) => {
		const leg = invite('1')
		leg.acceptance.resolve()
		if (state === 'answered') await told[0]?.accept('v=0')
		await book.hangUpAll()
		expect(leg.done).toEqual(done)
		expect(book.live).toEqual([])
	})
})

it('takes accept twice for one', async () => {
	const leg = invite('1')
	leg.acceptance.resolve()
	await Promise.all([told[0]?.accept('v=0 a'), told[0]?.accept('v=0 b')])
	expect(leg.done).toEqual(['ring', 'accept'])
})

it('tells listeners that come late', () => {
	const leg = invite('1')
	leg.end('answered-elsewhere')
	const heard: string[] = []
	told[0]?.onEnded((end) => heard.push(`ended ${end}`))
	told[0]?.onCancelled((end) => heard.push(`cancelled ${end}`))
	expect(heard).toEqual(['ended answered-elsewhere', 'cancelled answered-elsewhere'])
})

it('forgets ended calls after many others', () => {
	for (let n = 0; n < 70; n++) invite(String(n)).end('cancelled')
	expect(book.find('0')).toBeUndefined()
	expect(book.find('69')?.end).toBe('cancelled')
})
