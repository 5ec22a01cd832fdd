import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
	it('gives its burst, then so many a second', () => {
		const bucket = new TokenBucket({ perSecond: 2, burst: 3 })
		const taken = (nowMs: number) => Array.from({ length: 10 }, () => bucket.take(nowMs)).filter(Boolean).length
		expect(taken(1000)).toBe(3)
		expect(taken(2000)).toBe(2)
		expect(bucket.waitMs(2000)).toBe(500)
		expect(taken(60_000)).toBe(3)
	})

	it('says how long a reserved one is to be waited for', () => {
		const bucket = new TokenBucket({ perSecond: 1, burst: 1 })
		expect([0, 0, 0].map((nowMs) => bucket.reserve(nowMs))).toEqual([0, 1000, 2000])
	})

	it('gains nothing by a clock that runs backwards', () => {
		const bucket = new TokenBucket({ perSecond: 1, burst: 1 })
		expect(bucket.take(5000)).toBe(true)
		expect(bucket.take(1000)).toBe(false)
		expect(bucket.take(5500)).toBe(false)
		expect(bucket.take(6000)).toBe(true)
	})

	it('keeps what it has when its rate changes', () => {
		const bucket = new TokenBucket({ perSecond: 1, burst: 10 })
		bucket.change({ perSecond: 1, burst: 2 })
		expect(bucket.fullness(0)).toBe(1)
		expect([1, 2, 3].map(() => bucket.take(0))).toEqual([true, true, false])
	})
})
