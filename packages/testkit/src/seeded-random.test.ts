import { describe, expect, it } from 'vitest'
import { SeededRandom } from './seeded-random.ts'

describe('SeededRandom', () => {
	it('gives the same sequence for the same seed, and another for another', () => {
		const draw = (seed: number) => Array.from({ length: 8 }, SeededRandom.prototype.next.bind(new SeededRandom(seed)))
		expect(draw(7)).toEqual(draw(7))
		expect(draw(7)).not.toEqual(draw(8))
	})

	it('stays within bounds and reaches both ends', () => {
		const random = new SeededRandom(1)
		const seen = new Set(Array.from({ length: 200 }, () => random.integer(-1, 2)))
		expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
	})

	it('knows certainty and impossibility', () => {
		const random = new SeededRandom(2)
		expect(Array.from({ length: 50 }, () => random.chance(0)).some(Boolean)).toBe(false)
		expect(Array.from({ length: 50 }, () => random.chance(1)).every(Boolean)).toBe(true)
	})

	it('makes identifiers of the asked length and well-formed UUIDs', () => {
		const random = new SeededRandom(3)
		expect(random.id(7)).toMatch(/^[0-9a-f]{7}$/)
		expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
	})

	it('shuffles without losing or changing the given list', () => {
		const given = [1, 2, 3, 4, 5]
		const shuffled = new SeededRandom(4).shuffle(given)
		expect(given).toEqual([1, 2, 3, 4, 5])
		expect([...shuffled].sort()).toEqual(given)
	})
})
