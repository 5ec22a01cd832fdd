import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attach, HeldCallBench, PHONE, TABLET, type TestDevice } from '../../test/held-call-model.ts'
import type { HeldCallEffect } from './types.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

type Act = (bench: HeldCallBench) => void

const someDevice = fc.constantFrom(PHONE, TABLET)
const someLeg = fc.integer({ min: 1, max: 6 })

const acts: fc.Arbitrary<Act> = fc.oneof(
	fc.tuple(someDevice, fc.constantFrom('b1', 'b2', 'b3')).map(
		([id, name]): Act =>
			(bench) =>
				void bench.input(attach(id, name)),
	),
	fc.tuple(someDevice, fc.constantFrom('b1', 'b2', 'b3')).map(
		([deviceId, bindingId]): Act =>
			(bench) =>
				void bench.input({ type: 'detached', deviceId, bindingId }),
	),
	someDevice.map(
		(deviceId): Act =>
			(bench) =>
				void bench.input({ type: 'unreachable-by-push', deviceId }),
	),
	someLeg.map(
		(legId): Act =>
			(bench) =>
				void bench.input({ type: 'leg-ringing', legId, status: 180 }),
	),
	someLeg.map(
		(legId): Act =>
			(bench) =>
				void bench.input({ type: 'leg-answered', legId }),
	),
	fc.tuple(someLeg, fc.constantFrom(430, 408, 480, 486, 500, 603), fc.boolean()).map(
		([legId, status, unreachable]): Act =>
			(bench) =>
				void bench.input({ type: 'leg-refused', legId, status, unreachable }),
	),
	fc.option(someDevice, { nil: undefined }).map(
		(deviceId): Act =>
			(bench) =>
				void bench.input({ type: 'declined', deviceId }),
	),
	fc.constant<Act>((bench) => void bench.input({ type: 'cancelled' })),
	fc.nat(60_000).map(
		(ms): Act =>
			(bench) =>
				passTime(bench, ms),
	),
)

const devices: fc.Arbitrary<TestDevice[]> = fc
	.subarray([PHONE, TABLET])
	.chain((ids) =>
		fc.tuple(...ids.map((deviceId) => fc.record({ deviceId: fc.constant(deviceId), wakeable: fc.boolean() }))),
	)

/** For how long the caller wants an answer, milliseconds. */
const limits = fc.option(fc.nat(300_000), { nil: undefined })

function passTime(bench: HeldCallBench, ms: number): void {
	const until = bench.nowMs + ms
	for (let { dueAtMs } = bench.state; dueAtMs !== undefined && dueAtMs <= until; { dueAtMs } = bench.state) {
		bench.nowMs = dueAtMs
		bench.input({ type: 'due' })
	}
	bench.nowMs = until
}

describe('a held call under any sequence of events', () => {
	it('gives the caller exactly one end, one INVITE a device and attempt, and cancels all that rang', () => {
		fc.assert(
			fc.property(devices, fc.boolean(), limits, fc.array(acts, { maxLength: 40 }), (who, auto180, limit, sequence) => {
				const bench = new HeldCallBench()
				bench.invite(who, auto180, limit)
				for (const act of sequence) act(bench)
				passTime(bench, 400_000)
				check(bench)
			}),
			{ numRuns: 2000, ...seed },
		)
	}, 60_000)
})

function check(bench: HeldCallBench): void {
	const outcomes = bench.effects.filter((effect) => effect.type === 'outcome')
	const refusals = bench.effects.filter((effect) => effect.type === 'refuse')
	expect(outcomes).toHaveLength(1)
	expect(refusals).toHaveLength(outcomes[0]?.outcome === 'answered' ? 0 : 1)
	expect(bench.state.phase).toBe(outcomes[0]?.outcome === 'answered' ? 'answered' : 'over')
	for (const leg of bench.state.legs) expect(leg.phase).not.toBe('ringing')
	for (const kind of ['ring', 'withdraw'] as const) {
		const legIds = bench.effects.filter((effect) => effect.type === kind).map(legIdOf)
		expect(new Set(legIds).size).toBe(legIds.length)
	}
	expect(bench.state.dueAtMs).toBeUndefined()
}

function legIdOf(effect: HeldCallEffect): number | undefined {
	return effect.type === 'ring' || effect.type === 'withdraw' ? effect.legId : undefined
}
