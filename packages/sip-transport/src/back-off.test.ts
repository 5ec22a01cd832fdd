import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffDelayMs, DEFAULT_BACK_OFF } from './back-off.ts'

describe('backOffDelayMs', () => {
	it.each([
		[0, 15_000, 30_000],
		[1, 15_000, 30_000],
		[2, 30_000, 60_000],
		[3, 60_000, 120_000],
		[7, 900_000, 1_800_000],
		[5000, 900_000, 1_800_000],
	])('waits after %i failures between %i and %i ms', (failures, least, most) => {
		expect(backOffDelayMs(failures, 0)).toBe(least)
		expect(backOffDelayMs(failures, 0.999_999_9)).toBeCloseTo(most, 0)
	})

	it('is finite, within its bounds, and never shrinks by another failure', () => {
		const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
		fc.assert(
			fc.property(fc.nat({ max: 2000 }), chance, (failures, random) => {
				const delay = backOffDelayMs(failures, random)
				expect(delay).toBeGreaterThanOrEqual(DEFAULT_BACK_OFF.baseMs / 2)
				expect(delay).toBeLessThanOrEqual(DEFAULT_BACK_OFF.maxMs)
				expect(backOffDelayMs(failures + 1, random)).toBeGreaterThanOrEqual(delay)
			}),
		)
	})
})
