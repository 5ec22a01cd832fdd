import { describe, expect, it } from 'vitest'
import { simulate } from './run/simulate.ts'
import type { Defect } from './world/defect.ts'
import { USUAL_SIZE } from './world/scenario.ts'

/** Twenty, and those by which apps that end, INVITEs that are lost and workers that come back were judged wrongly once. */
const SEEDS = [...Array.from({ length: 20 }, (_, at) => at + 1), 91, 356, 388, 844]

describe('the services under simulation', () => {
	it.each(SEEDS)('break no rule in the world of seed %i', async (seed) => {
		const { violations, calls } = await simulate(seed)
		expect(violations).toEqual([])
		expect(calls).toBeGreaterThan(0)
	})

	it('do the same for the same seed, octet by octet, and otherwise for another', async () => {
		const first = await simulate(101)
		const again = await simulate(101)
		expect(again).toEqual(first)
		expect((await simulate(102)).trace).not.toBe(first.trace)
	})
})

describe('the judge of simulated worlds', () => {
	const seen: Readonly<Record<Defect, RegExp>> = {
		'attach-unheard': /attached in time and did not ring/,
		'pushed-twice': /2 pushes were taken/,
		'answers-withheld': /was taken and never answered/,
	}

	it.each(Object.entries(seen) as [Defect, RegExp][])('sees %s', async (defect, words) => {
		const { violations } = await simulate(1, { ...USUAL_SIZE, loss: 0.1 }, defect)
		expect(violations.join('\n')).toMatch(words)
	})
})
