import { initialRegistration, NO_PATH, type Registration } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RegistrationTable } from './registration-table.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

const count = fc.nat(1_000_000)
const instant = fc.oneof(fc.constant(0), fc.double({ min: 1, max: 2e12, noNaN: true }))
const parts = fc.record(
	{
		proxy: fc.boolean(),
		realm: fc.constantFrom('pbx.test', 'example.com'),
		nonce: fc.oneof(fc.string({ minLength: 1 }), fc.constant('é€')),
		opaque: fc.string(),
		qop: fc.constantFrom(['auth'], [], ['auth', 'auth-int']),
		stale: fc.constant(false),
		userhash: fc.boolean(),
	},
	{ requiredKeys: ['proxy', 'realm', 'nonce', 'qop', 'stale', 'userhash'], noNullPrototype: true },
)
/** The algorithm follows from its text. */
const algorithm = fc.constantFrom(
	{ algorithm: 'MD5' },
	{ algorithm: 'MD5', algorithmText: 'MD5' },
	{ algorithm: 'SHA-256', algorithmText: 'SHA-256' },
	{ algorithm: 'SHA-256', algorithmText: 'sha-256' },
	{ algorithm: undefined, algorithmText: 'other' },
)
const challenge = fc.tuple(parts, algorithm).map(([rest, named]) => ({ ...rest, ...named }))
const registration = fc
	.record({
		phase: fc.constantFrom('idle', 'registering', 'registered', 'backing-off', 'rejected', 'unregistering'),
		desired: fc.constantFrom('hold', 'remove', 'abandon', 'keep'),
		certain: fc.boolean(),
		query: fc.nat(2),
		querying: fc.nat(2),
		byRemoval: fc.boolean(),
		refused: fc.option(fc.constant({ status: 403, reason: 'no', carried: ['answers'] }), { nil: undefined }),
		expiresSeconds: count,
		spread: fc.float({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
		revision: count,
		generation: fc.integer({ min: 1, max: 1000 }),
		accountVersion: count,
		attempt: count,
		inFlight: fc.boolean(),
		cseqCount: count,
		challenges: fc.array(fc.record({ challenge, nonceCount: count }, { noNullPrototype: true }), { maxLength: 2 }),
		home: fc.option(
			fc.constantFrom(
				{ proxy: false, realm: 'pbx.test', algorithm: 'MD5' },
				{ proxy: true, realm: 'edge', algorithm: 'SHA-256' },
			),
			{
				nil: undefined,
			},
		),
		newlyAnswered: fc.array(fc.string(), { maxLength: 2 }),
		repeats: fc.nat(255),
		leftOut: fc.subarray(['answers', 'outbound', 'nat-address']),
		proven: fc.boolean(),
		boundUntilMs: instant,
		minExpiresSeconds: count,
		failures: fc.nat(255),
		dueAtMs: instant.map((atMs) => atMs || undefined),
		redirectUri: fc.option(fc.webUrl(), { nil: undefined }),
		listsAsSent: fc.boolean(),
		remnants: fc.option(fc.array(fc.webUrl(), { maxLength: 2 }), { nil: undefined }),
		alias: fc.option(
			fc.record(
				{
					uri: fc.string(),
					expiresSeconds: count,
					seenAtMs: instant,
					verdict: fc.constantFrom('doubtful', 'ours', 'foreign'),
				},
				{ noNullPrototype: true },
			),
			{ nil: undefined },
		),
		replacing: fc.option(fc.webUrl(), { nil: undefined }),
		path: fc.constantFrom(NO_PATH, { serviceRoute: '<sip:edge.example;lr>' }, { outbound: true }),
		status: fc.record(
			{
				state: fc.constantFrom('unregistered', 'registering', 'registered', 'unregistering', 'rejected', 'failing'),
				sinceMs: instant,
				reason: fc.string({ minLength: 1 }),
				sipStatus: fc.integer({ min: 100, max: 699 }),
				grantedExpiresSeconds: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
				confirmed: fc.constant(false),
				accountVersion: count,
			},
			{ requiredKeys: ['state', 'sinceMs', 'accountVersion'], noNullPrototype: true },
		),
	})
	.map((value) => {
		// When the next attempt is due is the one instant that the state and its status share.
		const nextAttemptMs = value.dueAtMs === undefined ? {} : { nextAttemptMs: value.dueAtMs }
		return { ...value, status: { ...value.status, ...nextAttemptMs } } as Registration
	})

describe('the registration table', () => {
	it('gives back every state that was saved, and counts them', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(5), fc.option(registration)), { maxLength: 30 }), (acts) => {
				const table = new RegistrationTable()
				const model = new Map<number, Registration>()
				for (const [slot, state] of acts) {
					if (state) {
						table.save(slot, state)
						model.set(slot, state)
					} else {
						table.clear(slot)
						model.delete(slot)
					}
				}
				for (let slot = 0; slot <= 5; slot++) {
					expect(table.load(slot, 9)).toEqual(model.get(slot) ?? initialRegistration(9))
				}
				for (const [state, counted] of table.countByState()) {
					expect(counted).toBe([...model.values()].filter(({ status }) => status.state === state).length)
				}
			}),
			{ numRuns: 300, ...seed },
		)
	})

	it('shows the shortest registration that a server has said it accepts', () => {
		const table = new RegistrationTable()
		table.save(0, initialRegistration(9))
		expect(table.status(0)).not.toHaveProperty('minExpiresSeconds')
		table.save(0, { ...initialRegistration(9), minExpiresSeconds: 60 })
		expect(table.status(0)?.minExpiresSeconds).toBe(60)
	})
})
