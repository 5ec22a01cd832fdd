import { buildResponse, type SipRequest, topVia } from '@vigil/sip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { request } from './messages.ts'
import { memoryWorld, simulatedWorld, socketWorld, type World } from './worlds.ts'

const worlds: Record<string, () => Promise<World>> = {
	'memory, unreliable': () => memoryWorld('udp'),
	'memory, reliable': () => memoryWorld('tcp'),
	'simulated UDP': () => simulatedWorld('udp'),
	'simulated TCP': () => simulatedWorld('tcp'),
	'UDP sockets': () => socketWorld('udp'),
	'TCP sockets': () => socketWorld('tcp'),
}

const toTag = 'b1'

describe.each(Object.entries(worlds))('SipEndpoint over %s', (_name, open) => {
	let world: World

	beforeEach(async () => {
		world = await open()
	})

	afterEach(() => world.close())

	function ackFor(invite: SipRequest): SipRequest {
		const ack = request('ACK', { callId: invite.headers.get('Call-ID') ?? '' })
		ack.headers.set('To', `<sip:bob@example.com>;tag=${toTag}`)
		return ack
	}

	it('carries a request and its response, and forgets both', async () => {
		const { alice, bob, flow } = world
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, 'Fine', { toTag }))
		const outcome = alice.send(request('OPTIONS'), flow)
		await world.wait(() => outcome.settled)
		await world.expire()
		expect(outcome.log).toEqual([200, 'end'])
		expect(outcome.responses[0]?.reason).toBe('Fine')
		expect(bob.log).toEqual(['OPTIONS', 'OPTIONS done'])
		expect([alice.endpoint.counters.clientTransactions, bob.endpoint.counters.serverTransactions]).toEqual([0, 0])
	})

	it('stamps the Via of the request with where it came from', async () => {
		const { alice, bob, flow } = world
		const outcome = alice.send(request('OPTIONS'), flow, { sentBy: '10.9.8.7' })
		await world.wait(() => bob.transactions.length === 1)
		const via = bob.transactions[0] && topVia(bob.transactions[0].request)
		expect(via).toMatchObject({ transport: flow.transport.toUpperCase(), host: '10.9.8.7' })
		expect(via?.params.get('received')).toBe(flow.local.host)
		expect(via?.params.get('rport')).toBe(String(flow.local.port))
		bob.transactions[0]?.respond(buildResponse(bob.transactions[0].request, 200, undefined, { toTag }))
		await world.wait(() => outcome.settled)
	})

	it('carries a call: 100 by itself, 180, 200, ACK', async () => {
		const { alice, bob, flow } = world
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 180, undefined, { toTag }))
		const outcome = alice.send(request('INVITE'), flow)
		await world.wait(() => outcome.last === 180)
		const [transaction] = bob.transactions
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		await world.wait(() => outcome.last === 200)
		alice.endpoint.sendAck(ackFor(request('INVITE')), flow)
		await world.wait(() => bob.acks.length > 0)
		await world.expire()
		expect(outcome.log).toEqual([100, 180, 200, 'end'])
		expect(bob.log).toEqual(['INVITE', 'INVITE done'])
		expect(bob.acks).toHaveLength(1)
	})

	it('acknowledges a refusal by itself and tells it once', async () => {
		const { alice, bob, flow } = world
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 486, undefined, { toTag }))
		const outcome = alice.send(request('INVITE'), flow)
		await world.wait(() => outcome.settled && alice.endpoint.counters.requestsOut === 2)
		await world.wait(() => bob.endpoint.counters.requestsIn === 2)
		await world.expire()
		expect(outcome.log.filter((entry) => entry !== 'end')).toEqual([100, 486])
		expect(bob.log).toEqual(['INVITE', 'INVITE done'])
		expect(bob.acks).toEqual([])
	})

	it('delivers every 2xx of a call', async () => {
		const { alice, bob, flow } = world
		const outcome = alice.send(request('INVITE'), flow)
		await world.wait(() => bob.transactions.length === 1)
		const [transaction] = bob.transactions
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		await world.wait(() => outcome.log.filter((entry) => entry === 200).length === 2)
	})

	it('cancels a call that rings', async () => {
		const { alice, bob, flow } = world
		const outcome = alice.send(request('INVITE'), flow)
		await world.wait(() => bob.transactions.length === 1)
		const [transaction] = bob.transactions
		if (!transaction) throw new Error('no transaction')
		transaction.respond(buildResponse(transaction.request, 180, undefined, { toTag }))
		transaction.onCancel = (cancel) => {
			bob.log.push(`CANCEL ${cancel.headers.get('Reason')}`)
			transaction.respond(buildResponse(transaction.request, 487, undefined, { toTag }))
		}
		await world.wait(() => outcome.last === 180)
		outcome.transaction?.cancel([['Reason', 'SIP;cause=200']])
		outcome.transaction?.cancel()
		await world.wait(() => outcome.settled && bob.endpoint.counters.requestsIn === 3)
		await world.expire()
		expect(outcome.log.filter((entry) => entry !== 'end')).toEqual([100, 180, 487])
		expect(bob.log).toEqual(['INVITE', 'CANCEL SIP;cause=200', 'INVITE done'])
	})

	it('holds a CANCEL back until the first provisional response', async () => {
		const { alice, bob, flow } = world
		const outcome = alice.send(request('INVITE'), flow)
		let cancelledAfter: readonly unknown[] = []
		bob.respond = (transaction) => {
			transaction.onCancel = () => {
				cancelledAfter = [...outcome.log]
				transaction.respond(buildResponse(transaction.request, 487, undefined, { toTag }))
			}
		}
		outcome.transaction?.cancel()
		await world.wait(() => outcome.settled)
		expect(cancelledAfter).toEqual([100])
	})

	it('sends no CANCEL after a final response, and none for other requests', async () => {
		const { alice, bob, flow } = world
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		const call = alice.send(request('INVITE'), flow)
		await world.wait(() => call.settled)
		call.transaction?.cancel()
		const other = alice.send(request('MESSAGE', { callId: 'call-2' }), flow)
		other.transaction?.cancel()
		await world.wait(() => other.settled)
		await world.expire()
		expect(bob.log).not.toContain('CANCEL')
		expect(alice.endpoint.counters.requestsOut).toBe(2)
	})

	it('answers 481 to a CANCEL of nothing', async () => {
		const { alice, bob, flow } = world
		const outcome = alice.send(request('CANCEL'), flow)
		await world.wait(() => outcome.settled)
		await world.expire()
		expect(outcome.log).toEqual([481, 'end'])
		expect(bob.log).toEqual([])
	})

	it('answers 500 for a transaction user that throws, and goes on', async () => {
		const { alice, bob, flow } = world
		bob.respond = () => {
			throw new Error('bug')
		}
		const first = alice.send(request('OPTIONS'), flow)
		await world.wait(() => first.settled)
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		const second = alice.send(request('OPTIONS', { callId: 'call-2' }), flow)
		await world.wait(() => second.settled)
		expect([first.log[0], second.log[0]]).toEqual([500, 200])
		expect(bob.endpoint.counters.handlerErrors).toBe(1)
	})

	it('fails a request that nobody answers, after 64*T1', async () => {
		const { alice, bob, flow } = world
		const options = alice.send(request('OPTIONS'), flow)
		await world.wait(() => bob.log.length === 1)
		await world.expire()
		expect(options.log).toEqual(['timeout', 'end'])
		expect(bob.log).toEqual(['OPTIONS'])
		expect(alice.endpoint.counters.clientTimeouts).toBe(1)
	})

	it('fails its requests at once when the flow ends', async () => {
		const { alice, bob, flow } = world
		const calls = [request('INVITE'), request('OPTIONS', { callId: 'call-2' })].map((message) =>
			alice.send(message, flow),
		)
		await world.wait(() => bob.log.length === 2)
		flow.close()
		expect(calls.map((call) => call.log.slice(-2))).toEqual([
			['transport', 'end'],
			['transport', 'end'],
		])
		const late = alice.send(request('OPTIONS', { callId: 'call-3' }), flow)
		expect(late.log).toEqual([])
		await world.wait(() => late.ended)
		expect(late.log).toEqual(['transport', 'end'])
	})

	it('keeps many requests apart', async () => {
		const { alice, bob, flow } = world
		bob.respond = (transaction) => {
			const { request: asked } = transaction
			transaction.respond(buildResponse(asked, 200, asked.headers.get('Call-ID'), { toTag }))
		}
		const ids = Array.from({ length: 60 }, (_, i) => `call-${i}`)
		const outcomes = ids.map((callId) => alice.send(request('MESSAGE', { callId, body: 'x'.repeat(500) }), flow))
		await world.wait(() => outcomes.every((outcome) => outcome.settled))
		expect(outcomes.map((outcome) => outcome.responses[0]?.reason)).toEqual(ids)
	})

	it('carries a large message', async () => {
		const { alice, bob, flow } = world
		const body = 'x'.repeat(30_000)
		bob.respond = (transaction) => {
			const { request: asked } = transaction
			transaction.respond(buildResponse(asked, 200, undefined, { toTag, body: asked.body }))
		}
		const outcome = alice.send(request('MESSAGE', { body }), flow)
		await world.wait(() => outcome.settled)
		expect(Buffer.from(outcome.responses[0]?.body ?? []).toString()).toBe(body)
	})

	it('ends everything when it is closed', async () => {
		const { alice, bob, flow } = world
		const call = alice.send(request('INVITE'), flow)
		await world.wait(() => call.log.includes(100))
		await alice.endpoint.close()
		await bob.endpoint.close()
		expect(call.log).toEqual([100, 'transport', 'end'])
		expect(bob.log).toEqual(['INVITE', 'INVITE transport'])
		expect([alice.endpoint.counters.clientTransactions, bob.endpoint.counters.serverTransactions]).toEqual([0, 0])
		expect(() => alice.send(request('OPTIONS'), flow)).toThrow(TypeError)
	})
})
