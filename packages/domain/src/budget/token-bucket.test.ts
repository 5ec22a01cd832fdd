import { describe, expect, it } from 'vitest'
import { NO_LOAD, stepLoad } from './load.ts'
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

describe('the load of a process', () => {
	const after = (lags: readonly number[], memory = 0) =>
		lags.reduce((load, lagMs) => stepLoad(load, { lagMs, elapsedMs: lagMs + 20, memory }, { lagMs: 400 }), NO_LOAD)

	it('is not the one pause that a collection takes', () => {
		expect(after([300]).level).not.toBe('overloaded')
	})

	it('is overload when every turn is late, until it is so no more', () => {
		const late = Array.from({ length: 10 }, () => 500)
		expect(after(late).level).toBe('overloaded')
		expect(after([...late, ...Array.from({ length: 200 }, () => 0)]).level).toBe('normal')
	})

	it('is strain before it is overload', () => {
		expect(after(Array.from({ length: 20 }, () => 150)).level).toBe('strained')
	})

	it('is overload when the memory is at its end', () => {
		expect([0.5, 0.9, 1].map((memory) => after([0], memory).level)).toEqual(['normal', 'strained', 'overloaded'])
	})
})
