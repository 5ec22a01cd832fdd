import type { Account, RefusedCalls } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { RefusalReporter } from './refusal-reporter.ts'

const BUSY = { scope: 'account', kind: 'held-calls' } as const

function world(add: (rows: readonly RefusedCalls[]) => Promise<void>) {
	const clock = new VirtualClock()
	const reporter = new RefusalReporter({ add }, clock, silentLogger)
	const refuse = (name: string, times = 1) => {
		for (let i = 0; i < times; i++) reporter.counts.note({ id: name, tenantId: 't' } as Account, BUSY, clock.wall())
	}
	return { clock, reporter, refuse }
}

describe('refused calls', () => {
	it('of a flood are one row for each account in a few seconds', async () => {
		const written: (readonly RefusedCalls[])[] = []
		const { clock, refuse } = world(async (rows) => void written.push(rows))
		for (let second = 0; second < 10; second++) {
			refuse('victim', 1900)
			await clock.advance(1000)
		}
		await clock.advance(10_000)
		expect(written.length).toBeLessThanOrEqual(3)
		expect(written.flat().every(({ accountId }) => accountId === 'victim')).toBe(true)
		expect(written.every((rows) => rows.length === 1)).toBe(true)
		expect(written.flat().reduce((sum, { count }) => sum + count, 0)).toBe(19_000)
		await clock.advance(60_000)
		expect([written.length <= 3, clock.pendingTimers]).toEqual([true, 0])
	})

	it('are kept, within a bound, while the store is away, and written once when it is back', async () => {
		let away = true
		const written: RefusedCalls[] = []
		const { clock, refuse, reporter } = world(async (rows) => {
			if (away) throw new Error('away')
			written.push(...rows)
		})
		for (let round = 0; round < 5; round++) {
			for (let index = 0; index < 12_000; index++) refuse(`a${index}`)
			await clock.advance(5000)
		}
		away = false
		await clock.advance(5000)
		expect(written).toHaveLength(10_000)
		expect(written.every(({ count }) => count === 5)).toBe(true)
		expect(reporter.counts.totals).toEqual([{ ...BUSY, count: 60_000 }])
	})

	it('start no second write while a mute store keeps the first, and the last are written at the end', async () => {
		const answers: (() => void)[] = []
		const counts: number[] = []
		const { clock, refuse, reporter } = world((rows) => {
			counts.push(rows.reduce((sum, { count }) => sum + count, 0))
			return new Promise((resolve) => answers.push(resolve))
		})
		refuse('a')
		await clock.advance(5000)
		refuse('a', 100)
		await clock.advance(60_000)
		expect(counts).toEqual([1])
		const closed = reporter.close()
		answers[0]?.()
		await clock.advance(0)
		answers[1]?.()
		await closed
		expect(counts).toEqual([1, 100])
	})
})
