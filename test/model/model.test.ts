import { describe, expect, it } from 'vitest'
import { check } from './run/check.ts'
import { keptSeeds } from './run/kept-seeds.ts'
import { play } from './run/play.ts'
import { tell } from './run/tell.ts'

const SEED = Number(process.env.VIGIL_TEST_SEED ?? 1)
const RUNS = 1500
/** They take seconds; a machine that does other things as well may be slow. */
const PATIENCE_MS = 180_000

describe('the model of the four registration modes', () => {
	it.each(keptSeeds())('plays what has failed before: $violated (seed $seed, path $path)', ({ scenario }) => {
		play(scenario)
	})

	it.each([0, 1, 2, 3] as const)(
		'finds no counter-example that begins in mode %i',
		{ timeout: PATIENCE_MS },
		(mode) => {
			const { found } = check({ runs: RUNS, seed: SEED, mode })
			expect(found === undefined ? '' : tell(found).join('\n')).toBe('')
		},
	)
})
