import type { Reporter, TestModule } from 'vitest/node'

/** Tests below this are not worth a line, milliseconds. */
const WORTH_A_LINE_MS = 1_000
const MOST_LINES = 10

/** What a test took. */
export interface TestDuration {
	readonly name: string
	readonly ms: number
}

/** Reporter that ends a run with the tests that took longest. Nothing fails for it: machines differ. */
export class SlowestTests implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const lines = slowest(
			modules.flatMap((module) =>
				[...module.children.allTests()].map((test) => ({
					name: `${module.relativeModuleId}: ${test.fullName}`,
					ms: test.diagnostic()?.duration ?? 0,
				})),
			),
		)
		if (lines.length > 0) process.stdout.write(`\nSlowest:\n${lines.map((line) => `  ${line}\n`).join('')}`)
	}
}

/** A line for each of the tests that took longest, longest first. */
export function slowest(tests: readonly TestDuration[]): string[] {
	return tests
		.filter(({ ms }) => ms >= WORTH_A_LINE_MS)
		.sort((one, other) => other.ms - one.ms)
		.slice(0, MOST_LINES)
		.map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`)
}
