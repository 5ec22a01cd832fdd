import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlotQueue } from './slot-queue.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

describe('a queue of slots', () => {
	it('gives back what came first, however it grows and empties', () => {
		// So many at once come, and so many go, again and again.
		const burst = fc.tuple(fc.nat(6_000), fc.nat(6_000))
		fc.assert(
			fc.property(fc.array(burst, { maxLength: 8 }), (bursts) => {
				const queue = new SlotQueue()
				const wanted: number[] = []
				let [next, given] = [0, 0]
				for (const [come, go] of bursts) {
					for (let i = 0; i < come; i++) {
						queue.push(next)
						wanted.push(next++)
					}
					for (let i = 0; i < go; i++) {
						if (queue.shift() !== wanted[given]) return false
						if (given < wanted.length) given++
					}
					if (queue.size !== wanted.length - given) return false
				}
				return true
			}),
			{ numRuns: 100, ...seed },
		)
	})

	it('is empty at first', () => {
		expect(new SlotQueue().shift()).toBeUndefined()
	})
})
