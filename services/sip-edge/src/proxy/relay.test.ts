import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ClientListener, ServerTransaction } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { sampleRequest } from '../../test/support/requests.ts'
import { Relay } from './relay.ts'

const OUR_VIA = 'SIP/2.0/TCP edge:5070;branch=z9hG4bKours'

/** A relay between two transactions that do as they are told. */
function setUp(method = 'INVITE') {
	const clock = new VirtualClock()
	const responses: SipResponse[] = []
	const cancels: (readonly (readonly [string, string])[])[] = []
	let losses = 0
	let answered = 0
	const listeners: ClientListener[] = []
	const request = sampleRequest({ method })
	const transaction = {
		request,
		respond: (response: SipResponse) => responses.push(response),
	} as unknown as ServerTransaction
	const relay = new Relay({
		transaction,
		clock,
		randomId: () => 'tag',
		onLost: () => losses++,
		onResponded: () => answered++,
	})
	const sent: SipRequest = { ...request, headers: request.headers.clone().prepend('Via', OUR_VIA) }
	const send = () =>
		relay.send((listener) => {
			listeners.push(listener)
			return { request: sent, cancel: (headers = []) => cancels.push(headers) }
		})
	const latest = () => {
		const listener = listeners.at(-1)
		if (!listener) throw new Error('nothing was sent')
		return listener
	}
	const respond = (status: number) => latest().onResponse(buildResponse(sent, status), undefined as never)
	const lose = () => {
		latest().onFailure('transport')
		latest().onEnd?.()
	}
	const cancel = (reason: string) =>
		transaction.onCancel?.(sampleRequest({ method: 'CANCEL', headers: [['Reason', reason]] }))
	const statuses = () => responses.map(({ status }) => status)
	return {
		clock,
		relay,
		send,
		respond,
		lose,
		cancel,
		latest,
		responses,
		statuses,
		cancels,
		counts: () => ({ losses, answered }),
	}
}

describe('Relay', () => {
	it('passes answers back without our Via, 100 apart', () => {
		const { send, respond, responses, statuses, counts } = setUp()
		send()
		for (const status of [100, 180, 183, 200]) respond(status)
		expect(statuses()).toEqual([180, 183, 200])
		expect(responses[0]?.headers.all('Via')).toEqual(['SIP/2.0/TCP 10.1.1.1:5080;branch=z9hG4bKabc'])
		expect(counts().answered).toBe(1)
	})

	it('passes every 2xx, as the other end repeats it until it is acknowledged', () => {
		const { send, respond, statuses, counts } = setUp()
		send()
		respond(200)
		respond(200)
		expect(statuses()).toEqual([200, 200])
		expect(counts().answered).toBe(1)
	})

	it('cancels what rings for more than three minutes, each provisional answer counting anew', async () => {
		const { clock, send, respond, cancels } = setUp()
		send()
		respond(180)
		await clock.advance(190_000)
		respond(180)
		await clock.advance(190_000)
		expect(cancels).toHaveLength(0)
		await clock.advance(10_000)
		expect(cancels).toHaveLength(1)
	})

	it('leaves no timer behind', async () => {
		const { clock, send, respond } = setUp()
		send()
		respond(180)
		respond(486)
		expect(clock.pendingTimers).toBe(0)
	})

	it('answers 408 when nobody does, and 487 when the caller had given up', () => {
		const silent = setUp()
		silent.send()
		silent.latest().onFailure('timeout')
		expect(silent.statuses()).toEqual([408])
		const cancelled = setUp()
		cancelled.send()
		cancelled.cancel('SIP;cause=487')
		cancelled.latest().onFailure('timeout')
		expect(cancelled.statuses()).toEqual([487])
	})

	it('passes a CANCEL on with its reason, once', () => {
		const { send, cancel, cancels, statuses } = setUp()
		send()
		cancel('SIP;cause=200')
		cancel('SIP;cause=200')
		expect(cancels).toEqual([[['Reason', 'SIP;cause=200']]])
		expect(statuses()).toEqual([])
	})

	it('tells of a loss once the transaction is gone, and can be sent again', () => {
		const { send, lose, respond, statuses, counts } = setUp()
		send()
		lose()
		expect(counts()).toEqual({ losses: 1, answered: 0 })
		send()
		respond(200)
		expect(statuses()).toEqual([200])
	})

	it('answers the caller who gives up between two flows, and cancels at the other end when it is back', () => {
		const { send, lose, cancel, cancels, statuses, counts } = setUp()
		send()
		lose()
		cancel('SIP;cause=487')
		expect(statuses()).toEqual([487])
		send()
		expect(cancels).toEqual([[['Reason', 'SIP;cause=487']]])
		expect(counts().answered).toBe(1)
	})

	it('answers 400 for what cannot be written', () => {
		const { relay, statuses } = setUp()
		relay.send(() => {
			throw new Error('line break')
		})
		expect(statuses()).toEqual([400])
	})

	it('answers once only', () => {
		const { relay, send, respond, statuses } = setUp('BYE')
		send()
		respond(200)
		relay.fail(503)
		expect(statuses()).toEqual([200])
	})
})
