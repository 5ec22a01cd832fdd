import { describe, expect, it } from 'vitest'
import { REFRESH, UpstreamPace, URGENT } from './upstream-pace.ts'

/** One whose server has asked everybody to wait for five minutes, at the instant 10 000. */
function paused(): UpstreamPace {
	const pace = new UpstreamPace(32, 1000)
	for (let times = 0; times < 5; times++) pace.refused(10_000, 300_000)
	return pace
}

describe('a pause that a server has asked for', () => {
	it('lets one urgent account try after a while, and nobody else', () => {
		const pace = paused()
		expect(pace.admits(URGENT, 10_500)).toBe(false)
		expect(pace.admits(URGENT, 12_000)).toBe(true)
		expect(pace.admits(REFRESH, 12_000)).toBe(false)
		pace.inFlight = 1
		expect(pace.admits(URGENT, 12_000)).toBe(false)
		pace.inFlight = 0
		pace.refused(12_100, 300_000)
		expect(pace.admits(URGENT, 12_200)).toBe(false)
	})

	it('says when the next one may try', () => {
		const pace = paused()
		expect(pace.pauseMs(10_000)).toBe(300_000)
		pace.queues[URGENT]?.push(1)
		expect(pace.pauseMs(10_000)).toBe(2000)
		expect(pace.pauseMs(400_000)).toBe(0)
	})

	it('ends when somebody is accepted', () => {
		const pace = paused()
		pace.recovered()
		expect(pace.admits(REFRESH, 12_000)).toBe(true)
	})
})
