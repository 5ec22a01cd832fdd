import fc from 'fast-check'

/**
 * Checks a property with the seed in VIGIL_TEST_SEED, or a fresh one. A failure names seed and path, and prints the
 * smallest input that fails.
 */
export function check<Ts>(property: fc.IRawProperty<Ts>, numRuns = 100): void {
	const seed = process.env.VIGIL_TEST_SEED
	fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) })
}
