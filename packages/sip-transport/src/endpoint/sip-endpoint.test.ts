import { buildResponse, parseMessage, type SipRequest, serializeMessage, topVia } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { request } from '../../test/messages.ts'
import { ALICE, BOB, simulate } from '../../test/simulation.ts'
import type { Flow } from '../flow.ts'
import { MemoryChannel } from '../testing/index.ts'
import { TransportError } from '../transport-error.ts'

const toTag = 'b1'

describe('SipEndpoint sending', () => {
	it('repeats a request by timer E until 64*T1 (RFC 3261 17.1.2.2)', async () => {
		const { alice, flow, clock, network, wire } = simulate()
		network.partition('192.0.2.1:5060', '192.0.2.2:5060')
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(31_999)
		expect(wire).toHaveLength(11)
		expect(outcome.log).toEqual([])
		await clock.advance(1)
		expect(outcome.log).toEqual(['timeout', 'end'])
		expect(alice.endpoint.counters).toMatchObject({ requestsOut: 1, requestRetransmissionsOut: 10, clientTimeouts: 1 })
		expect(clock.pendingTimers).toBe(0)
	})

	it('repeats nothing over a reliable transport', async () => {
		const { alice, flow, clock, wire } = simulate({ transport: 'tcp' })
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(32_000)
		expect(wire).toHaveLength(1)
		expect(outcome.log).toEqual(['timeout', 'end'])
	})

	it('leaves the given request as it is and pushes a Via of its own', () => {
		const { alice, flow } = simulate()
		const given = request('OPTIONS')
		const { transaction } = alice.send(given, flow)
		expect(given.headers.has('Via')).toBe(false)
		expect(transaction?.request.headers.all('Via')).toEqual(['SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKalice1'])
	})

	it('counts a call as cancelled 64*T1 after its CANCEL (RFC 3261 9.1)', async () => {
		const { alice, flow, clock } = simulate()
		const outcome = alice.send(request('INVITE'), flow)
		await clock.advance(1000)
		outcome.transaction?.cancel()
		await clock.advance(31_999)
		expect(outcome.log).toEqual([100])
		await clock.advance(1)
		expect(outcome.log).toEqual([100, 'timeout', 'end'])
	})

	it('throws for a request that cannot be written and keeps nothing of it', () => {
		const { alice, flow, clock } = simulate()
		const bad = request('OPTIONS', { headers: [['Subject', 'a\r\nInjected: b']] })
		expect(() => alice.send(bad, flow)).toThrow(/line break/)
		expect(alice.endpoint.counters.clientTransactions).toBe(0)
		expect(clock.pendingTimers).toBe(0)
	})

	it('hands up a 2xx that comes after its transaction ended (RFC 6026 7.2)', async () => {
		const { alice, bob, flow, clock } = simulate()
		const outcome = alice.send(request('INVITE'), flow)
		await clock.advance(0)
		const invite = bob.transactions[0]?.request as SipRequest
		const ok = buildResponse(invite, 200, undefined, { toTag })
		bob.transactions[0]?.respond(ok)
		await clock.advance(40_000)
		expect(outcome.ended).toBe(true)
		bob.endpoint.sendStateless(ok, bob.transactions[0]?.flow as Flow)
		bob.endpoint.sendStateless(buildResponse(invite, 486, undefined, { toTag }), bob.transactions[0]?.flow as Flow)
		await clock.advance(0)
		expect(alice.stray.map((response) => response.status)).toEqual([200])
		expect(alice.endpoint.counters.strayResponses).toBe(2)
	})
})

describe('SipEndpoint and requests too large for UDP (RFC 3261 18.1.1)', () => {
	const large = request('MESSAGE', { body: 'x'.repeat(1200) })

	function withStream() {
		const world = simulate()
		const stream = new MemoryChannel({ network: world.network, address: { ...ALICE, port: 5070 }, transport: 'tcp' })
		return { ...world, stream: stream.flowTo(BOB) }
	}

	function transportOf(outcome: { transaction?: { request: SipRequest } | undefined }): string | undefined {
		return outcome.transaction && topVia(outcome.transaction.request)?.transport
	}

	it('sends them by the stream that the caller offers', () => {
		const { alice, flow, stream } = withStream()
		expect(transportOf(alice.send(large, flow, { streamFlow: stream }))).toBe('TCP')
	})

	it('sends them by UDP when no stream is offered, and small ones always', () => {
		const { alice, flow, stream } = withStream()
		expect(transportOf(alice.send(large, flow))).toBe('UDP')
		expect(transportOf(alice.send(request('OPTIONS'), flow, { streamFlow: stream }))).toBe('UDP')
	})

	it('waits for the stream to open', async () => {
		const { alice, bob, flow, stream, clock } = withStream()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		const outcome = alice.send(large, flow, { streamFlow: async () => stream })
		await clock.advance(0)
		expect(transportOf(outcome)).toBe('TCP')
		expect(bob.log).toContain('MESSAGE')
	})

	it('falls back to UDP when the stream cannot be opened', async () => {
		const { alice, bob, flow, clock } = withStream()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		const failing = () => Promise.reject(new TransportError('refused', 'no'))
		const outcome = alice.send(large, flow, { streamFlow: failing })
		await clock.advance(0)
		expect(transportOf(outcome)).toBe('UDP')
		expect(outcome.log[0]).toBe(200)
	})

	it('fails a request that waits for its stream when the endpoint closes', async () => {
		const { alice, flow, wire, clock } = withStream()
		const outcome = alice.send(large, flow, { streamFlow: () => new Promise(() => {}) })
		await alice.endpoint.close()
		expect(outcome.log).toEqual(['transport', 'end'])
		await clock.advance(0)
		expect(wire).toEqual([])
	})
})

describe('SipEndpoint answering', () => {
	it('repeats a refusal until its ACK, and tells when none comes', async () => {
		const { alice, bob, flow, clock, network, wire } = simulate()
		bob.respond = (transaction) => {
			network.block('192.0.2.2:5060', '192.0.2.1:5060')
			transaction.respond(buildResponse(transaction.request, 486, undefined, { toTag }))
		}
		alice.send(request('INVITE'), flow)
		await clock.advance(40_000)
		expect(wire.filter((line) => line.includes('486')).length).toBeGreaterThan(8)
		expect(bob.log).toEqual(['INVITE', 'INVITE timeout'])
	})

	it('gives a repeated request to nobody and answers it again', async () => {
		const { alice, bob, flow, clock } = simulate({ behaviour: { duplication: 1 } })
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(0)
		expect(bob.log).toEqual(['OPTIONS'])
		expect(outcome.log).toEqual([200])
	})

	it('lets a user that wrote a bad response write another', async () => {
		const { alice, bob, flow, clock } = simulate()
		bob.respond = (transaction) => {
			const bad = buildResponse(transaction.request, 200, 'a\r\nb', { toTag })
			expect(() => transaction.respond(bad)).toThrow(/line break/)
			transaction.respond(buildResponse(transaction.request, 200, 'good', { toTag }))
		}
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(0)
		expect(outcome.responses[0]?.reason).toBe('good')
		expect(bob.endpoint.counters.handlerErrors).toBe(0)
	})

	it('gives an ACK of a 2xx up, also while its INVITE transaction lives', async () => {
		const { alice, bob, flow, clock } = simulate()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		alice.send(request('INVITE'), flow)
		await clock.advance(0)
		alice.endpoint.sendAck(request('ACK'), flow)
		await clock.advance(0)
		// A client that knows only RFC 2543 gives its ACK the branch of the INVITE.
		const sameBranch = request('ACK')
		sameBranch.headers.append('Via', bob.transactions[0]?.request.headers.get('Via') ?? '')
		alice.endpoint.sendStateless(sameBranch, flow)
		await clock.advance(0)
		expect(bob.acks).toHaveLength(2)
		expect(bob.log).toEqual(['INVITE'])
	})

	it('answers a CANCEL that came too late by 200 and tells nobody', async () => {
		const { alice, bob, flow, clock } = simulate()
		const outcome = alice.send(request('INVITE'), flow)
		await clock.advance(0)
		outcome.transaction?.cancel()
		const [transaction] = bob.transactions
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		await clock.advance(0)
		expect(outcome.log).toEqual([100, 200])
		expect(bob.log).toEqual(['INVITE'])
		expect(bob.endpoint.counters.responsesOut).toBe(3)
	})

	it('tells when a final response cannot be sent, but not for a provisional one', async () => {
		const { alice, bob, flow, clock } = simulate({ transport: 'tcp' })
		alice.send(request('INVITE'), flow)
		await clock.advance(0)
		const [transaction] = bob.transactions
		transaction?.flow.close()
		transaction?.respond(buildResponse(transaction.request, 180, undefined, { toTag }))
		await clock.advance(0)
		expect(bob.log).toEqual(['INVITE'])
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		await clock.advance(0)
		expect(bob.log).toEqual(['INVITE', 'INVITE transport'])
	})

	it('answers on the new flow of a client that repeats its request there', async () => {
		const { alice, bob, flow, clock } = simulate({ transport: 'tcp' })
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(0)
		const [transaction] = bob.transactions
		const first = transaction?.flow as Flow
		first.close()
		alice.endpoint.sendStateless(outcome.transaction?.request as SipRequest, flow)
		await clock.advance(0)
		expect(transaction?.flow.closed).toBe(false)
		transaction?.respond(buildResponse(transaction.request, 200, undefined, { toTag }))
		await clock.advance(0)
		expect(outcome.log).toEqual([200, 'end'])
		expect(bob.log).toEqual(['OPTIONS', 'OPTIONS done'])
	})

	it('refuses more transactions than it may hold, without keeping anything of them', async () => {
		const { alice, bob, flow, clock } = simulate({ bob: { maxServerTransactions: 2 } })
		const outcomes = ['1', '2', '3'].map((callId) => alice.send(request('INVITE', { callId }), flow))
		await clock.advance(0)
		expect(outcomes.map((outcome) => outcome.log)).toEqual([[100], [100], [503]])
		expect(outcomes[2]?.responses[0]?.headers.get('Retry-After')).toBe('5')
		expect(bob.endpoint.counters).toMatchObject({ serverTransactions: 2, refusedOverload: 1 })
		await clock.advance(1000)
		expect(bob.acks).toHaveLength(1)
	})

	it('makes nothing for a request that its user screens out, and gives each copy the same answer (RFC 3261 8.2.7)', async () => {
		const { alice, bob, flow, clock } = simulate()
		bob.screen = (refused) => buildResponse(refused, 486)
		const outcome = alice.send(request('INVITE'), flow)
		await clock.advance(0)
		expect(outcome.log).toEqual([486])
		const copy = outcome.transaction?.request
		if (copy) alice.endpoint.sendStateless(copy, flow)
		await clock.advance(0)
		expect(bob.endpoint.counters).toMatchObject({ serverTransactions: 0, refusedStateless: 2 })
		expect(alice.stray).toEqual([])
		expect(bob.log).toEqual([])
		// The ACK of the first answer finds nothing.
		expect(bob.acks.length).toBeGreaterThan(0)
	})

	it('takes a request on when its user fails to screen it', async () => {
		const { alice, bob, flow, clock } = simulate()
		bob.screen = () => {
			throw new Error('a fault of the user')
		}
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200))
		const outcome = alice.send(request('OPTIONS'), flow)
		await clock.advance(0)
		expect(outcome.log[0]).toBe(200)
		expect(bob.endpoint.counters.handlerErrors).toBe(1)
	})

	it('sends what it sends without state as it is', async () => {
		const { alice, flow, near, far, clock } = simulate()
		const seen: string[] = []
		far.onMessage((message) => seen.push(Buffer.from(serializeMessage(message)).toString()))
		const forwarded = request('OPTIONS')
		forwarded.headers.append('Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx')
		alice.endpoint.sendStateless(forwarded, flow)
		await clock.advance(0)
		expect(seen[0]).toContain('Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\n')
		expect(parseMessage(Buffer.from(seen[0] ?? '')).ok).toBe(true)
		near.close()
	})
})
