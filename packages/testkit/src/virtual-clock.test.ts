import { describe, expect, it } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

describe('VirtualClock', () => {
	it('stands still until it is advanced', () => {
		const clock = new VirtualClock(1000)
		let fired = false
		clock.setTimer(0, () => {
			fired = true
		})
		expect(clock.now()).toBe(1000)
		expect(fired).toBe(false)
	})

	it('fires in the order of due time, then of setting', async () => {
		const clock = new VirtualClock(0)
		const fired: string[] = []
		clock.setTimer(20, () => fired.push(`c@${clock.now()}`))
		clock.setTimer(10, () => fired.push(`a@${clock.now()}`))
		clock.setTimer(10, () => fired.push(`b@${clock.now()}`))
		clock.setTimer(31, () => fired.push('late'))
		await clock.advance(30)
		expect(fired).toEqual(['a@10', 'b@10', 'c@20'])
		expect(clock.now()).toBe(30)
		expect(clock.pendingTimers).toBe(1)
		expect(clock.nextTimerAt).toBe(31)
	})

	it('fires timers that were set by timers and by promises within the span', async () => {
		const clock = new VirtualClock(0)
		const fired: number[] = []
		clock.setTimer(5, () => {
			fired.push(clock.now())
			void Promise.resolve()
				.then(() => undefined)
				.then(() => clock.setTimer(5, () => fired.push(clock.now())))
		})
		await clock.advance(10)
		expect(fired).toEqual([5, 10])
	})

	it('forgets a cleared timer and ignores one that has fired', async () => {
		const clock = new VirtualClock(0)
		const fired: string[] = []
		const cleared = clock.setTimer(1, () => fired.push('cleared'))
		const done = clock.setTimer(1, () => fired.push('done'))
		clock.clearTimer(cleared)
		await clock.advance(1)
		clock.clearTimer(done)
		expect(fired).toEqual(['done'])
		expect(clock.pendingTimers).toBe(0)
	})

	it('lets a timer clear another that is due at the same instant', async () => {
		const clock = new VirtualClock(0)
		const fired: string[] = []
		clock.setTimer(1, () => clock.clearTimer(second))
		const second = clock.setTimer(1, () => fired.push('second'))
		await clock.advance(1)
		expect(fired).toEqual([])
	})

	it('goes from timer to timer', async () => {
		const clock = new VirtualClock(0)
		clock.setTimer(32_000, () => {})
		expect(await clock.advanceToNextTimer()).toBe(true)
		expect(clock.now()).toBe(32_000)
		expect(await clock.advanceToNextTimer()).toBe(false)
	})
})
