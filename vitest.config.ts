import { defineConfig } from 'vitest/config'

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					include: ['packages/**/*.test.ts', 'services/**/*.test.ts'],
					exclude: ['**/node_modules/**'],
				},
			},
			{ test: { name: 'structure', include: ['test/structure/**/*.test.ts'] } },
			{
				test: {
					name: 'e2e',
					include: ['test/e2e/**/*.test.ts'],
					testTimeout: 60_000,
					hookTimeout: 60_000,
					fileParallelism: false,
				},
			},
		],
	},
})
