import { VirtualClock } from '@vigil/testkit'
import { expect, it } from 'vitest'
import { SlotTimers } from './slot-timers.ts'

it('serves each slot at its newest instant, however high its number, and uses numbers again', async () => {
	const clock = new VirtualClock()
	const served: [number, number][] = []
	const startMs = clock.now()
	const timers = new SlotTimers(clock, (slot) => {
		served.push([slot, Math.round((clock.now() - startMs) / 100)])
		if (slot === 900_000 && served.length === 1) timers.set(slot, clock.now() + 500)
	})
	timers.set(900_000, startMs + 1000)
	timers.set(7, startMs + 300)
	timers.set(7, startMs + 2000)
	timers.set(8, startMs + 100)
	timers.clear(8)
	timers.clear(8)
	expect(timers.size).toBe(2)
	await clock.advance(5000)
	expect(served).toEqual([
		[900_000, 10],
		[900_000, 15],
		[7, 20],
	])
	expect(timers.size).toBe(0)
	timers.set(8, clock.now() + 100)
	timers.close()
	await clock.advance(5000)
	expect(served).toHaveLength(3)
})
