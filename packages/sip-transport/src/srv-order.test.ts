import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderByWeight, type SrvTarget } from './srv-order.ts'

function record(name: string, priority: number, weight: number): SrvTarget {
	return { name, priority, weight, port: 5060 }
}

function names(records: SrvTarget[], random: number): string {
	return orderByWeight(records, () => random)
		.map(({ name }) => name)
		.join('')
}

describe('orderByWeight', () => {
	it('goes by priority before weight', () => {
		expect(names([record('b', 20, 100), record('a', 10, 1)], 0.9)).toBe('ab')
	})

	it('draws by weight within a priority', () => {
		const records = [record('a', 0, 30), record('b', 0, 70)]
		expect(names(records, 0)).toBe('ab')
		expect(names(records, 0.3)).toBe('ab')
		expect(names(records, 0.31)).toBe('ba')
		expect(names(records, 0.99)).toBe('ba')
	})

	it('gives weight 0 a small chance to be first', () => {
		const records = [record('a', 0, 10), record('z', 0, 0)]
		expect(names(records, 0)).toBe('za')
		expect(names(records, 0.5)).toBe('az')
	})

	it('loses and repeats no record', () => {
		const records = fc.array(fc.record({ name: fc.string(), port: fc.nat(), priority: fc.nat(3), weight: fc.nat(100) }))
		fc.assert(
			fc.property(
				records,
				fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
				(all, stream) => {
					const ordered = orderByWeight(all, () => stream.next().value)
					expect(new Set(ordered)).toEqual(new Set(all))
					expect(ordered).toHaveLength(all.length)
				},
			),
		)
	})
})
