import { type Holding, initialHolding } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HoldingTable } from './holding-table.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

const holding: fc.Arbitrary<Holding> = fc.record(
	{
		phase: fc.constantFrom('off', 'away', 'releasing', 'checking', 'waiting', 'devices', 'swapping', 'offering'),
		mode: fc.constantFrom(0, 1, 2, 3),
		desired: fc.constantFrom('abandon', 'hold', 'remove', 'keep'),
		wanted: fc.constantFrom('off', 'service', 'devices'),
		swap: fc.constantFrom('unknown', 'works', 'fails'),
		query: fc.nat(),
		found: fc.nat(100),
		dueAtMs: fc.oneof(fc.constant(undefined), fc.double({ min: 1, max: 2e12, noNaN: true })),
		saidUnregistered: fc.boolean(),
		inUse: fc.boolean(),
		deviceBound: fc.boolean(),
		deviceWasBound: fc.boolean(),
		leaving: fc.boolean(),
		deviceSwaps: fc.boolean(),
		registered: fc.boolean(),
		keepsSeveral: fc.boolean(),
		gaveTurn: fc.boolean(),
		ownGone: fc.boolean(),
		changedMode: fc.boolean(),
		othersGone: fc.boolean(),
	},
	{ noNullPrototype: true },
)

describe('the holding table', () => {
	it('gives back every state that was saved', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(600), fc.option(holding)), { maxLength: 30 }), (acts) => {
				const table = new HoldingTable()
				const model = new Map<number, Holding>()
				for (const [slot, state] of acts) {
					if (state) {
						table.save(slot, state)
						model.set(slot, state)
					} else {
						table.clear(slot)
						model.delete(slot)
					}
				}
				for (const slot of [0, 5, ...acts.map(([touched]) => touched)]) {
					const expected = model.get(slot)
					expect(table.load(slot)).toEqual(expected ?? initialHolding())
					expect(table.phase(slot)).toBe(expected?.phase)
					expect(table.mode(slot)).toBe(expected?.mode ?? 0)
					expect(table.dueAtMs(slot)).toBe(expected?.dueAtMs ?? 0)
				}
			}),
			{ numRuns: 300, ...seed },
		)
	})
})
