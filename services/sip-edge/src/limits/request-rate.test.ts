import { describe, expect, it } from 'vitest'
import { RequestRate } from './request-rate.ts'

const limits = { perSecond: 10, burst: 3, maxSources: 2 }

describe('RequestRate', () => {
	it('lets a burst through, then what the rate allows', () => {
		const rate = new RequestRate(limits)
		expect([1, 2, 3, 4].map(() => rate.admit('a', 0))).toEqual([true, true, true, false])
		expect(rate.admit('a', 50)).toBe(false)
		expect(rate.admit('a', 100)).toBe(true)
		expect(rate.admit('a', 100)).toBe(false)
	})

	it('counts each source apart', () => {
		const rate = new RequestRate(limits)
		for (let i = 0; i < 5; i++) rate.admit('a', 0)
		expect(rate.admit('b', 0)).toBe(true)
	})

	it('forgets the source unseen for longest when there are too many', () => {
		const rate = new RequestRate(limits)
		rate.admit('a', 0)
		rate.admit('b', 0)
		rate.admit('a', 0)
		rate.admit('c', 0)
		expect(rate.size).toBe(2)
		expect([1, 2].map(() => rate.admit('a', 0))).toEqual([true, false])
	})
})
