import { expect, it } from 'vitest'
import { percentilesOf } from './percentiles.ts'

it('takes percentiles by nearest rank, whatever the order', () => {
	const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index)
	expect(percentilesOf(oneToHundred)).toEqual({ min: 1, p50: 50, p99: 99, max: 100 })
	expect(percentilesOf([1.234])).toEqual({ min: 1.23, p50: 1.23, p99: 1.23, max: 1.23 })
})
