import { afterEach, describe, expect, it, vi } from 'vitest'
import { HandClock } from '../test/hand-clock.ts'
import { fromWall, realClock, toWall } from './clock.ts'
import { watchWallSteps } from './wall-steps.ts'

const HOUR_MS = 3_600_000

afterEach(() => {
	vi.restoreAllMocks()
})

describe('the clock of the process', () => {
	it.each([HOUR_MS, -HOUR_MS])('takes no notice of a wall clock that is set by %i ms, and knows it', (byMs) => {
		const before = realClock.now()
		const wallClock = Date.now.bind(Date)
		vi.spyOn(Date, 'now').mockImplementation(() => wallClock() + byMs)
		expect(realClock.now() - before).toBeGreaterThanOrEqual(0)
		expect(realClock.now() - before).toBeLessThan(60_000)
		expect(Math.abs(realClock.wall() - Date.now())).toBeLessThan(1000)
		expect(toWall(realClock, before) - before).toBeCloseTo(byMs, -3)
		expect(fromWall(realClock, toWall(realClock, before))).toBeCloseTo(before, 0)
	})

	it('does not run backwards on the wall between two steps', () => {
		const seen = Array.from({ length: 10_000 }, () => realClock.wall())
		expect(seen.every((at, index) => index === 0 || at >= (seen[index - 1] ?? 0))).toBe(true)
	})
})

describe('the watch over the wall clock', () => {
	function watched() {
		const clock = new HandClock()
		const steps: number[] = []
		return { clock, steps, end: watchWallSteps(clock, (byMs) => steps.push(byMs)) }
	}

	it('tells of each step once, in both directions', () => {
		const { clock, steps } = watched()
		clock.advance(60_000)
		expect(steps).toEqual([])
		clock.wallAheadMs += HOUR_MS
		clock.advance(60_000)
		clock.wallAheadMs -= 2 * HOUR_MS
		clock.advance(60_000)
		expect(steps).toEqual([HOUR_MS, -2 * HOUR_MS])
	})

	it('leaves out what a time daemon slews', () => {
		const { clock, steps } = watched()
		for (let minute = 0; minute < 600; minute++) {
			clock.wallAheadMs += 30
			clock.advance(60_000)
		}
		expect(steps).toEqual([])
	})

	it('leaves no timer behind', () => {
		const { clock, end } = watched()
		clock.advance(10_000)
		end()
		expect(clock.pendingTimers).toBe(0)
	})
})
