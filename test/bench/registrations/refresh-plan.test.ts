import { describe, expect, it } from 'vitest'
import { refreshPlan, windowOf } from './refresh-plan.ts'

describe('the plan of refreshes', () => {
	it.each([
		[2_000, 1_000],
		[10_000, 1_000],
		[100_000, 1_000],
		[1_000_000, 2_000],
	])('lets %i accounts refresh about %i times a second', (accounts, perSecond) => {
		const plan = refreshPlan(accounts, perSecond)
		const rate = accounts / plan.periodSeconds
		expect(rate).toBeGreaterThan(perSecond * 0.7)
		expect(rate).toBeLessThanOrEqual(perSecond)
		expect(plan.expiresSeconds).toBeGreaterThan(plan.periodSeconds)
	})

	it('refuses a rate that needs a longer Expires than registrars grant', () => {
		expect(() => refreshPlan(1_000_000, 1)).toThrow('longer Expires')
	})

	it('watches whole periods where they are short, and a minute where they are long', () => {
		expect(windowOf(4)).toBe(20)
		expect(windowOf(45)).toBe(45)
		expect(windowOf(500)).toBe(60)
	})
})
