import { buildResponse, serializeMessage } from '@vigil/sip'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { request } from '../../test/messages.ts'
import { type SimulationOptions, simulate } from '../../test/simulation.ts'
import { boundedResponse } from './bounded-response.ts'

const STRANGE = { isKnown: () => false } as const

function world(options: SimulationOptions = {}) {
	const simulated = simulate({ ...options, bob: { ...STRANGE, ...options.bob } })
	const { alice, flow, wire } = simulated
	/** What Bob sent. */
	const responses = () => wire.filter((line) => line.startsWith('SIP/2.0 '))
	/** Asks from Alice's place without a transaction of hers, as a forger does. */
	const forge = (method: string, branch = 'z9hG4bKforged') => {
		const headers = [['Via', `SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`]] as const
		const forged = request(method)
		const message = { ...forged, headers: forged.headers.clone() }
		for (const [name, value] of headers) message.headers.prepend(name, value)
		alice.endpoint.sendStateless(message, flow)
	}
	return { ...simulated, responses, forge }
}

describe('a request of somebody unknown over UDP', () => {
	it.each(['INVITE', 'OPTIONS', 'FOO'])('is answered once, and nothing is kept of it (%s)', async (method) => {
		const { bob, clock, responses, forge } = world()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 404))
		forge(method)
		await clock.advance(60_000)
		expect(responses()).toEqual(['SIP/2.0 404 Not Found'])
		expect(bob.endpoint.counters).toMatchObject({ serverTransactions: 0, respondedStateless: 1 })
		expect(bob.log).toEqual([method, `${method} done`])
		expect(clock.pendingTimers).toBe(0)
	})

	it('is answered again when it comes again, with the same To tag (RFC 3261 8.2.7)', async () => {
		const { alice, bob, clock, flow } = world()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 480))
		const outcome = alice.send(request('INVITE'), flow)
		await clock.advance(0)
		if (outcome.transaction) alice.endpoint.sendStateless(outcome.transaction.request, flow)
		await clock.advance(60_000)
		expect(outcome.log).toEqual([480, 'end'])
		expect(bob.log).toEqual(['INVITE', 'INVITE done', 'INVITE', 'INVITE done'])
		// The ACK finds nothing, and gets no answer.
		expect(bob.acks.length).toBeGreaterThan(0)
	})

	it('is asked of the user once while the answer takes its time', async () => {
		const { bob, clock, responses, forge } = world()
		for (let i = 0; i < 5; i++) forge('INVITE')
		await clock.advance(1000)
		expect([bob.log, responses()]).toEqual([['INVITE'], []])
		const [transaction] = bob.transactions
		transaction?.respond(buildResponse(transaction.request, 404))
		await clock.advance(60_000)
		expect(responses()).toEqual(['SIP/2.0 404 Not Found'])
	})

	it('has a transaction from its first provisional answer on', async () => {
		const { bob, clock, responses, forge } = world()
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 180))
		forge('INVITE')
		await clock.advance(0)
		expect(responses()).toEqual(['SIP/2.0 180 Ringing'])
		const [transaction] = bob.transactions
		transaction?.respond(buildResponse(transaction.request, 486))
		await clock.advance(60_000)
		expect(responses().length).toBeGreaterThan(5)
		expect(bob.log).toEqual(['INVITE', 'INVITE timeout'])
	})

	it('has one from when the user takes it on, with 100 to an INVITE', async () => {
		const { bob, clock, responses, forge } = world()
		bob.respond = (transaction) => {
			transaction.admit?.()
			transaction.admit?.()
			transaction.respond(buildResponse(transaction.request, 200))
		}
		for (const method of ['INVITE', 'INFO', 'INFO']) forge(method, `z9hG4bK${method}`)
		await clock.advance(0)
		expect(responses()).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK', 'SIP/2.0 200 OK', 'SIP/2.0 200 OK'])
		expect(bob.log).toEqual(['INVITE', 'INFO'])
		expect(bob.endpoint.counters.serverTransactions).toBe(2)
	})

	it('can be cancelled before it is taken on', async () => {
		const { bob, clock, responses, forge } = world()
		forge('INVITE')
		forge('CANCEL')
		await clock.advance(0)
		expect(responses()).toEqual(['SIP/2.0 200 OK'])
		expect(bob.log).toEqual(['INVITE', 'CANCEL'])
		forge('CANCEL', 'z9hG4bKother')
		await clock.advance(60_000)
		expect(responses()[1]).toMatch(/^SIP\/2.0 481 /)
		expect(responses()).toHaveLength(2)
	})

	it('that the user fails at gets 500, once', async () => {
		const { bob, clock, responses, forge } = world()
		bob.respond = () => {
			throw new Error('a fault of the user')
		}
		forge('INVITE')
		await clock.advance(60_000)
		expect(responses()).toEqual(['SIP/2.0 500 Server Internal Error'])
		expect(bob.endpoint.counters).toMatchObject({ serverTransactions: 0, handlerErrors: 1 })
	})

	it('is one of somebody known over a connection', async () => {
		const { bob, clock, responses, forge } = world({ transport: 'tcp' })
		bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 404))
		forge('INVITE')
		await clock.advance(0)
		expect(responses()).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 404 Not Found'])
		expect(bob.endpoint.counters.serverTransactions).toBe(1)
	})

	it('gets an answer of at most twice its octets, or none', async () => {
		const { bob, clock, responses, forge } = world({ bob: { product: 'Vigil' } })
		bob.respond = (transaction) => {
			const headers = [['X-Large', 'a'.repeat(2000)]] as const
			transaction.respond(buildResponse(transaction.request, 404, undefined, { headers }))
		}
		forge('OPTIONS')
		await clock.advance(60_000)
		expect(responses()).toEqual([])
		expect(bob.endpoint.counters).toMatchObject({ serverTransactions: 0, responsesWithheld: 1 })
	})

	it('hears of an overload in no more', async () => {
		const { bob, clock, responses, forge } = world({ bob: { maxServerTransactions: 0 } })
		forge('INVITE')
		await clock.advance(60_000)
		expect(responses()).toEqual(['SIP/2.0 503 Service Unavailable'])
		expect(bob.endpoint.counters.refusedOverload).toBe(1)
	})
})

describe('an answer that is too large', () => {
	const large = buildResponse(request('OPTIONS'), 405, undefined, {
		headers: [
			['Allow', 'INVITE, ACK, BYE'],
			['Server', 'Vigil'],
			['Warning', '399 vigil "a long story"'],
		],
	})

	it('loses what it can do without, the least useful first', () => {
		const whole = serializeMessage(large).length
		expect(boundedResponse(large, whole / 2)).toBe(large)
		const names = (octets: number) => [...(boundedResponse(large, octets)?.headers ?? [])].map(({ name }) => name)
		expect(names(whole / 2 - 1)).not.toContain('Server')
		expect(names(whole / 2 - 1)).toContain('Allow')
		expect(names(whole / 2 - 35)).not.toContain('Allow')
		expect(names(whole / 2 - 35)).toContain('Call-ID')
		expect(boundedResponse(large, 20)).toBeUndefined()
	})

	it('has at most twice the octets of the request, whatever is in both', () => {
		const names = fc.constantFrom('Allow', 'Server', 'Warning', 'X-Any', 'WWW-Authenticate', 'Via', 'Record-Route')
		const header = fc.tuple(names, fc.string({ unit: 'grapheme-ascii', maxLength: 300 }))
		const status = fc.constantFrom(200, 401, 404, 405, 420, 503)
		fc.assert(
			fc.property(fc.array(header, { maxLength: 20 }), status, fc.nat(4000), (headers, code, octets) => {
				const bounded = boundedResponse(buildResponse(request('INVITE'), code, undefined, { headers }), octets)
				if (!bounded) return
				expect(serializeMessage(bounded).length).toBeLessThanOrEqual(2 * octets)
				expect(bounded.status).toBe(code)
				for (const name of ['From', 'To', 'Call-ID', 'CSeq']) expect(bounded.headers.has(name)).toBe(true)
			}),
		)
	})

	it('stays as it is itself', () => {
		expect(boundedResponse(large, serializeMessage(large).length / 2 - 1)).toBeDefined()
		expect(large.headers.has('Server')).toBe(true)
	})
})
