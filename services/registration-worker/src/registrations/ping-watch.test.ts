import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { PingWatch } from './ping-watch.ts'

async function pingedEvery(seconds: readonly number[]) {
	const clock = new VirtualClock()
	const silent: number[] = []
	const watch = new PingWatch(clock, (slot) => silent.push(slot))
	for (const gap of seconds) {
		watch.pinged(7)
		await clock.advance(gap * 1000)
	}
	watch.pinged(7)
	return { clock, silent, watch }
}

describe('pings of a server', () => {
	it('that came regularly and stop are told once, after two and a half intervals', async () => {
		const { clock, silent } = await pingedEvery([60, 58, 62, 60])
		await clock.advance(120_000)
		expect(silent).toEqual([])
		await clock.advance(60_000)
		expect(silent).toEqual([7])
		await clock.advance(3_600_000)
		expect(silent).toEqual([7])
		expect(clock.pendingTimers).toBe(0)
	})

	it.each([
		['came but once', []],
		['came without any rule', [60, 3, 200, 20]],
		['are rarer than any watch', [900, 900, 900, 900]],
	])('that %s are no sign', async (_what, gaps) => {
		const { clock, silent } = await pingedEvery(gaps)
		await clock.advance(36_000_000)
		expect(silent).toEqual([])
		expect(clock.pendingTimers).toBe(0)
	})

	it('that still come are none, nor are those of an account that is not bound any more', async () => {
		const { clock, silent, watch } = await pingedEvery([30, 30, 30])
		for (let i = 0; i < 20; i++) {
			await clock.advance(30_000)
			watch.pinged(7)
			watch.pinged(7)
		}
		expect(silent).toEqual([])
		watch.forget(7)
		await clock.advance(600_000)
		expect(silent).toEqual([])
	})
})
