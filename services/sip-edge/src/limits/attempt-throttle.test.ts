import { describe, expect, it } from 'vitest'
import { AttemptThrottle } from './attempt-throttle.ts'

const limits = { triesPerDevice: 3, triesPerSource: 5, windowMs: 60_000, maxEntries: 100 }

function fail(throttle: AttemptThrottle, source: string, device: string, times: number, nowMs = 0): void {
	for (let i = 0; i < times; i++) throttle.failed(source, device, nowMs)
}

describe('AttemptThrottle', () => {
	it('blocks a device for a source after its tries, and for nobody else', () => {
		const throttle = new AttemptThrottle(limits)
		fail(throttle, 'a', 'd1', 2)
		expect(throttle.verdict('a', 'd1', 1)).toBe('device-blocked')
		expect(throttle.verdict('b', 'd1', 1)).toBe('allowed')
		expect(throttle.verdict('a', 'd2', 1)).toBe('allowed')
	})

	it('blocks a source that tries one device after another', () => {
		const throttle = new AttemptThrottle(limits)
		for (let i = 0; i < 5; i++) throttle.failed('a', `d${i}`, 0)
		expect(throttle.verdict('a', 'd9', 1)).toBe('source-blocked')
	})

	it('forgives when the window is over', () => {
		const throttle = new AttemptThrottle(limits)
		fail(throttle, 'a', 'd1', 9)
		expect(throttle.verdict('a', 'd1', 59_999)).not.toBe('allowed')
		expect(throttle.verdict('a', 'd1', 60_000)).toBe('allowed')
	})

	it('forgets the failures for a device on the right password, but not those of the source', () => {
		const throttle = new AttemptThrottle(limits)
		fail(throttle, 'a', 'd1', 2)
		throttle.succeeded('a', 'd1')
		fail(throttle, 'a', 'd1', 1)
		expect(throttle.verdict('a', 'd1', 1)).toBe('allowed')
		fail(throttle, 'a', 'd1', 2)
		expect(throttle.verdict('a', 'd1', 1)).toBe('source-blocked')
	})

	it('remembers no more than it was told to', () => {
		const throttle = new AttemptThrottle({ ...limits, maxEntries: 10 })
		for (let i = 0; i < 1000; i++) throttle.failed(`source-${i}`, 'd', 0)
		expect(throttle.size).toBeLessThanOrEqual(10)
	})
})
