import { describe, expect, it } from 'vitest'
import { ManualClock } from '../test/manual-clock.ts'
import { probedCheck } from './probed-check.ts'

function start() {
	const clock = new ManualClock()
	const probes: PromiseWithResolvers<void>[] = []
	const check = probedCheck({
		clock,
		probe: () => {
			const probe = Promise.withResolvers<void>()
			probes.push(probe)
			return probe.promise
		},
	})
	return { clock, probes, check: async () => check() }
}

describe('a check by real work', () => {
	it('is asked for once by many, and its outcome repeated for a moment', async () => {
		const { clock, probes, check } = start()
		const asked = [check(), check()]
		await clock.advance(10)
		probes[0]?.resolve()
		expect(await Promise.all(asked)).toEqual([
			{ ok: true, detail: '10 ms' },
			{ ok: true, detail: '10 ms' },
		])
		await check()
		expect(probes).toHaveLength(1)
		await clock.advance(2000)
		void check()
		await clock.advance(0)
		expect(probes).toHaveLength(2)
	})

	it('tells slow from away', async () => {
		const { clock, probes, check } = start()
		const first = check()
		await clock.advance(800)
		expect(await first).toEqual({ ok: true, degraded: true, detail: 'slow: nothing has come back for 800 ms' })
		await clock.advance(1200)
		probes[0]?.resolve()
		await clock.advance(0)
		expect(await check()).toEqual({ ok: true, degraded: true, detail: 'slow: 2000 ms' })
		await clock.advance(2000)
		const next = check()
		await clock.advance(800)
		await next
		await clock.advance(5300)
		const later = check()
		await clock.advance(800)
		expect(await later).toEqual({ ok: false, detail: 'nothing has come back for 6900 ms' })
	})

	it('says what is wrong until the work is done again', async () => {
		const { clock, probes, check } = start()
		const first = check()
		await clock.advance(0)
		probes[0]?.reject(new Error('The database is read-only.'))
		expect(await first).toEqual({ ok: false, detail: 'The database is read-only.' })
		await clock.advance(3000)
		const second = check()
		await clock.advance(800)
		expect(await second).toEqual({ ok: false, detail: 'The database is read-only.' })
		probes[1]?.resolve()
		await clock.advance(2000)
		const third = check()
		await clock.advance(1)
		probes[2]?.resolve()
		expect(await third).toMatchObject({ ok: true })
	})
})
