import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlotLists } from './slot-lists.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

describe('slots in lists', () => {
	it('are where they were put last, as sets of slots would say', () => {
		const slot = fc.integer({ min: 0, max: 700 })
		const move = fc.tuple(slot, fc.integer({ min: 0, max: 4 }))
		fc.assert(
			fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
				const lists = new SlotLists()
				const wanted = new Map<number, number>()
				for (const [slot, list] of moves) {
					if (list === 0) {
						expect(lists.remove(slot)).toBe(wanted.get(slot) ?? 0)
						wanted.delete(slot)
					} else {
						lists.put(slot, list)
						wanted.set(slot, list)
					}
					expect(lists.listOf(slot)).toBe(list)
				}
				for (const list of [1, 2, 3, 4]) {
					const slots = [...wanted].filter(([, in_]) => in_ === list).map(([slot]) => slot)
					expect(lists.of(list).toSorted()).toEqual(slots.toSorted())
					expect(lists.isEmpty(list)).toBe(slots.length === 0)
				}
			}),
			{ numRuns: 300, ...seed },
		)
	})
})
