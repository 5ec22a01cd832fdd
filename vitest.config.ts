import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { SkippedTests } from './test/reporting/skipped-tests.ts'
import { SlowestTests } from './test/reporting/slowest-tests.ts'

/** `VIGIL_TEST_REPORT=<file>` has the results written there as JSON too; `.ci/run` counts from it. */
const report = process.env.VIGIL_TEST_REPORT

/** What a test may take on a loaded machine before it counts as hung. Nothing is asserted of these times. */
const PATIENCE = { testTimeout: 180_000, hookTimeout: 180_000 }

export default defineConfig({
	test: {
		// Each file has servers and ports of its own, and most of its time is waiting; a database that is given they would share.
		maxWorkers: process.env.DATABASE_URL ? 1 : availableParallelism(),
		includeTaskLocation: true,
		expect: { poll: { interval: 10, timeout: 30_000 } },
		reporters: ['default', new SkippedTests(), new SlowestTests(), ...(report ? ['json'] : [])],
		...(report ? { outputFile: { json: report } } : {}),
		projects: [
			{
				test: {
					name: 'unit',
					include: ['packages/**/*.test.ts', 'services/**/*.test.ts'],
					exclude: ['**/node_modules/**'],
					...PATIENCE,
				},
			},
			{
				test: { name: 'structure', include: ['test/{structure,reporting,bench,model}/**/*.test.ts'], ...PATIENCE },
			},
			{ test: { name: 'simulation', include: ['test/{stores,simulation}/**/*.test.ts'], ...PATIENCE } },
			{ test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...PATIENCE } },
			{ test: { name: 'attacks', include: ['test/attacks/**/*.test.ts'], ...PATIENCE } },
			{ test: { name: 'interop', include: ['test/interop/**/*.test.ts'], ...PATIENCE } },
		],
	},
})
