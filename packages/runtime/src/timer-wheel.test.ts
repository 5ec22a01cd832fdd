import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandClock } from '../test/hand-clock.ts'
import { TimerWheel } from './timer-wheel.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}
const TICK_MS = 8

describe('the timer wheel', () => {
	it.each([0, 1, 7, 100, 2_047, 2_048, 2_049, 524_287, 524_288, 600_000, 3_600_000, 140_000_000])(
		'serves what is due in %i ms not before and at most one tick after',
		(delayMs) => {
			const clock = new HandClock()
			const served: number[] = []
			const wheel = new TimerWheel(clock, () => served.push(clock.now()))
			const dueAtMs = clock.now() + delayMs
			wheel.set(3, dueAtMs)
			while (served.length === 0 && clock.advanceToNextTimer()) expect(wheel.size).toBeLessThanOrEqual(1)
			expect(served).toHaveLength(1)
			expect((served[0] as number) - dueAtMs).toBeGreaterThanOrEqual(0)
			expect((served[0] as number) - dueAtMs).toBeLessThanOrEqual(2 * TICK_MS)
			expect(clock.pendingTimers).toBe(0)
		},
	)

	it('lets what is served set itself again', () => {
		const clock = new HandClock()
		let rounds = 0
		const wheel = new TimerWheel(clock, (id) => {
			if (++rounds < 5) wheel.set(id, clock.now())
		})
		wheel.set(0, clock.now())
		clock.advance(1000)
		expect(rounds).toBe(5)
		expect(wheel.size).toBe(0)
	})

	it('serves every id at its last instant, once, in any order of setting, clearing and waiting', () => {
		const act = fc.oneof(
			{ weight: 5, arbitrary: fc.record({ id: fc.nat(20), inMs: fc.nat(3_000_000) }) },
			{ weight: 1, arbitrary: fc.record({ id: fc.nat(20), clear: fc.constant(true) }) },
			{ weight: 3, arbitrary: fc.record({ waitMs: fc.nat(700_000) }) },
		)
		fc.assert(
			fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
				const clock = new HandClock()
				const due = new Map<number, number>()
				const wheel = new TimerWheel(clock, (id) => {
					const wanted = due.get(id)
					expect(wanted).toBeDefined()
					expect(clock.now() - (wanted as number)).toBeGreaterThanOrEqual(0)
					expect(clock.now() - (wanted as number)).toBeLessThanOrEqual(2 * TICK_MS)
					due.delete(id)
				})
				for (const step of acts) {
					if ('waitMs' in step) clock.advance(step.waitMs)
					else if ('clear' in step) {
						wheel.clear(step.id)
						due.delete(step.id)
					} else {
						wheel.set(step.id, clock.now() + step.inMs)
						due.set(step.id, clock.now() + step.inMs)
					}
					expect(wheel.size).toBe(due.size)
				}
				clock.advance(3_100_000)
				expect(due.size).toBe(0)
			}),
			{ numRuns: 60, ...seed },
		)
	})
})
