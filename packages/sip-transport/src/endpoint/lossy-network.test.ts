import { buildResponse, tagOf } from '@vigil/sip'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { request } from '../../test/messages.ts'
import { simulate } from '../../test/simulation.ts'

const seed = process.env.VIGIL_TEST_SEED
const runs = { numRuns: 60, ...(seed === undefined ? {} : { seed: Number(seed) }) }

const badNetwork = fc.record({
	loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
	duplication: fc.double({ min: 0, max: 0.4, noNaN: true }),
	reorder: fc.double({ min: 0, max: 0.4, noNaN: true }),
	reorderDelayMs: fc.constant(300),
	minDelayMs: fc.constant(1),
	maxDelayMs: fc.integer({ min: 1, max: 400 }),
})

describe('SipEndpoint on a bad network', () => {
	it('gives every request to the user once and settles it once, and leaves nothing behind', async () => {
		const requests = fc.array(fc.constantFrom('OPTIONS', 'MESSAGE', 'INVITE'), { minLength: 1, maxLength: 8 })
		await fc.assert(
			fc.asyncProperty(badNetwork, requests, fc.nat(), async (behaviour, methods, networkSeed) => {
				const { alice, bob, flow, clock } = simulate({ behaviour, seed: networkSeed })
				bob.respond = (transaction) => {
					const status = transaction.request.method === 'INVITE' ? 486 : 200
					transaction.respond(buildResponse(transaction.request, status, undefined, { toTag: 'b1' }))
				}
				const outcomes = methods.map((method, i) => alice.send(request(method, { callId: `call-${i}` }), flow))
				await clock.advance(120_000)
				for (const outcome of outcomes) {
					const results = outcome.log.filter((entry) => entry !== 100)
					expect(results).toHaveLength(2)
					expect([200, 486, 'timeout']).toContain(results[0])
					expect(results[1]).toBe('end')
				}
				const given = bob.transactions.map((transaction) => transaction.request.headers.get('Call-ID'))
				expect(new Set(given).size).toBe(given.length)
				// After 64*T1 without an ACK its transaction is gone (timer H), and one that comes then belongs to nothing.
				if (bob.endpoint.counters.serverTimeouts === 0) expect(bob.acks).toEqual([])
				expect([alice.endpoint.counters.clientTransactions, bob.endpoint.counters.serverTransactions]).toEqual([0, 0])
				expect(clock.pendingTimers).toBe(0)
			}),
			runs,
		)
	})

	it('ends a cancelled call on both sides, whatever gets lost', async () => {
		const when = fc.integer({ min: 0, max: 3000 })
		await fc.assert(
			fc.asyncProperty(badNetwork, when, when, fc.nat(), async (behaviour, cancelAt, respondAt, networkSeed) => {
				const { alice, bob, flow, clock } = simulate({ behaviour, seed: networkSeed })
				bob.respond = (transaction) => {
					const respond = (status: number) =>
						transaction.respond(buildResponse(transaction.request, status, undefined, { toTag: 'b1' }))
					transaction.onCancel = () => respond(487)
					clock.setTimer(respondAt, () => respond(486))
				}
				const outcome = alice.send(request('INVITE'), flow)
				clock.setTimer(cancelAt, () => outcome.transaction?.cancel())
				await clock.advance(200_000)
				expect(outcome.last).toBe('end')
				expect(['timeout', 486, 487]).toContain(outcome.log.at(-2))
				const finals = outcome.responses.filter((response) => response.status >= 200)
				expect(finals.every((response) => tagOf(response.headers.get('To') ?? '') === 'b1')).toBe(true)
				expect(bob.log.filter((entry) => entry === 'INVITE').length).toBeLessThanOrEqual(1)
				expect(clock.pendingTimers).toBe(0)
			}),
			runs,
		)
	})
})
