import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cseqOf, RegistrationBench } from '../../test/registrar-model.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

/** Numbers of queries; rising is all that matters of them. */
let queries = 0

type Act = (bench: RegistrationBench) => void

/** Things that may happen in any order; answers refer to the attempt `late` places before the newest. */
const acts: fc.Arbitrary<Act> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc
			.tuple(
				fc.constantFrom('hold', 'hold', 'remove', 'removeForCertain', 'abandon', 'keep', 'swap', 'query' as const),
				fc.boolean(),
			)
			.map(
				([desired, paced]): Act =>
					(bench) => {
						bench.paced = paced
						if (desired === 'query') bench.queryBindings(++queries)
						else if (desired === 'swap') bench.swap('sip:alice@198.51.100.7', bench.sent.length)
						else bench[desired](bench.sent.length)
					},
			),
	},
	{
		weight: 3,
		arbitrary: fc.integer({ min: 60, max: 3600 }).map(
			(granted): Act =>
				(bench) =>
					answered(bench, () => bench.accept(granted)),
		),
	},
	{
		weight: 2,
		arbitrary: fc.constantFrom('', ', stale=true').map(
			(stale): Act =>
				(bench) =>
					answered(bench, () => bench.challenge('r', stale)),
		),
	},
	{
		weight: 3,
		arbitrary: fc.tuple(fc.constantFrom(100, 302, 400, 403, 404, 407, 408, 423, 480, 500, 503, 603), fc.nat(3)).map(
			([status, late]): Act =>
				(bench) =>
					answered(bench, () => bench.respond(status, [], bench.last.attempt - late)),
		),
	},
	{
		weight: 2,
		arbitrary: fc.tuple(fc.constantFrom('timeout' as const, 'transport' as const, 'flow-lost' as const), fc.nat(2)).map(
			([cause, late]): Act =>
				(bench) =>
					answered(bench, () => bench.input({ type: 'failed', attempt: bench.last.attempt - late, cause })),
		),
	},
	{ weight: 3, arbitrary: fc.constant<Act>((bench) => void (wantsTurn(bench) && bench.due())) },
	{
		weight: 1,
		arbitrary: fc.nat(900_000).map(
			(ms): Act =>
				(bench) =>
					passTime(bench, ms),
		),
	},
	{ weight: 1, arbitrary: fc.constant<Act>((bench) => void bench.input({ type: 'flow-lost' })) },
	{
		weight: 1,
		arbitrary: fc.boolean().map(
			(waitingOnly): Act =>
				(bench) =>
					void bench.input({ type: 'look', spreadMs: 2000, waitingOnly }),
		),
	},
	{ weight: 1, arbitrary: fc.constant<Act>(nextGeneration) },
)

function wantsTurn({ state }: RegistrationBench): boolean {
	return state.dueAtMs !== undefined || (state.query !== 0 && !state.inFlight)
}

function answered(bench: RegistrationBench, act: () => void): void {
	if (bench.sent.length > 0) act()
}

function nextGeneration(bench: RegistrationBench): void {
	const generation = (bench.settled.generation ?? 1) + 1
	bench.settled = { generation, callId: `call-${generation}`, revision: `r${generation}` }
	bench.hold(generation)
}

// Time goes on without skipping an instant that the machine asked for, as a timer would.
function passTime(bench: RegistrationBench, ms: number): void {
	const until = bench.nowMs + ms
	while (bench.dueAtMs > 0 && bench.dueAtMs <= until && !bench.state.inFlight) bench.due()
	bench.nowMs = Math.max(bench.nowMs, until)
}

describe('the registration machine under any sequence of events', () => {
	it('keeps its invariants', () => {
		fc.assert(
			fc.property(fc.array(acts, { maxLength: 60 }), (sequence) => {
				const bench = new RegistrationBench()
				bench.nowMs = 1
				for (const act of sequence) {
					const before = { inFlight: bench.state.inFlight, attempt: bench.state.attempt, sent: bench.sent.length }
					act(bench)
					check(bench, before)
				}
			}),
			{ numRuns: 2000, ...seed },
		)
	})
})

function check(bench: RegistrationBench, before: { inFlight: boolean; attempt: number; sent: number }): void {
	const { state } = bench
	// At most one REGISTER in flight: a new one only when none was, or when the one in flight was answered.
	const fresh = bench.sent.slice(before.sent)
	const concluded = state.attempt !== before.attempt || !before.inFlight || !state.inFlight
	if (fresh.length > 0) expect(concluded).toBe(true)
	expect(state.inFlight).toBe(state.phase === 'registering' || state.phase === 'unregistering' || state.querying !== 0)
	// What is kept is not sent again either.
	if (state.desired === 'keep') expect(fresh.filter(({ expiresSeconds }) => expiresSeconds !== undefined)).toEqual([])
	// What is to be forgotten is neither refreshed nor removed: no other REGISTER leaves than a query.
	if (state.desired === 'abandon')
		expect(fresh.filter(({ expiresSeconds }) => expiresSeconds !== undefined)).toEqual([])
	// Something always follows while the binding is wanted, unless it waits for its generation.
	const isSwapConcluded = bench.effects.some((effect) => effect.type === 'swapped')
	const waitsForGeneration = bench.effects.some((effect) => effect.type === 'next-generation')
	if (state.desired === 'hold' && !state.inFlight && !waitsForGeneration && !isSwapConcluded) {
		expect(state.dueAtMs).toBeGreaterThan(0)
	}
	// However a server refuses, it is not asked more than a few times without a rest.
	expect(state.repeats).toBeLessThanOrEqual(6)
	if (state.phase === 'registered' && state.desired !== 'keep') expect(state.dueAtMs).toBeLessThan(state.boundUntilMs)
	// A paced release leaves at once what it does not want any more.
	if (state.phase === 'registered' && state.desired !== 'hold' && state.desired !== 'keep' && !state.inFlight)
		expect(state.dueAtMs).toBeLessThanOrEqual(bench.nowMs)
	cseqRises(bench)
}

function cseqRises(bench: RegistrationBench): void {
	const last = new Map<string, number>()
	for (const { request } of bench.sent) {
		const callId = request.headers.get('Call-ID') ?? ''
		expect(cseqOf(request)).toBeGreaterThan(last.get(callId) ?? 0)
		last.set(callId, cseqOf(request))
	}
}
