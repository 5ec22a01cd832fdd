import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PackedRecords } from './packed-records.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}
const SLOTS = 60

/** From nothing to more than a chunk of 256 KiB, mostly so that a few fill one. */
const length = fc.oneof(
	{ weight: 4, arbitrary: fc.nat(80) },
	{ weight: 4, arbitrary: fc.integer({ min: 10_000, max: 90_000 }) },
	{ weight: 1, arbitrary: fc.integer({ min: 262_000, max: 300_000 }) },
)
const texts = fc.record({ slot: fc.nat(SLOTS), head: length, body: length, character: fc.constantFrom('a', 'é', '\0') })

describe('packed records', () => {
	it('give back what was kept, however often chunks are filled, emptied and let go', () => {
		fc.assert(
			fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: texts }, fc.nat(SLOTS)), { maxLength: 150 }), (acts) => {
				const records = new PackedRecords()
				const model = new Map<number, readonly [head: string, body: string]>()
				for (const act of acts) {
					if (typeof act === 'number') {
						records.delete(act)
						model.delete(act)
						continue
					}
					const { slot, character } = act
					const kept = [`${slot}${character.repeat(act.head)}`, `${character.repeat(act.body)}.`] as const
					records.set(slot, ...kept)
					model.set(slot, kept)
				}
				for (let slot = 0; slot <= SLOTS + 1; slot++) {
					const [head, body] = model.get(slot) ?? []
					expect(records.head(slot) === head).toBe(true)
					expect(records.body(slot) === body).toBe(true)
				}
			}),
			{ numRuns: 60, ...seed },
		)
	})

	it('take at most twice the memory of what is there, and a chunk more', () => {
		const records = new PackedRecords()
		const body = 'x'.repeat(1000)
		for (let round = 0; round < 20; round++) for (let slot = 0; slot < 3000; slot++) records.set(slot, `${round}`, body)
		expect(records.bytes).toBeLessThan(2 * 3000 * 1016 + 2 * 2 ** 18)
		for (let slot = 0; slot < 2999; slot++) records.delete(slot)
		expect(records.bytes).toBeLessThan(3 * 2 ** 18)
		expect(records.body(2999)).toBe(body)
	})
})
