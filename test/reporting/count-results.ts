/** Tests of one or more runs, by how they ended. A file that could not be loaded counts as one failed test. */
export interface Counts {
	readonly passed: number
	readonly failed: number
	readonly skipped: number
}

/** The part of Vitest's JSON report that is counted. */
interface Report {
	readonly numPassedTests: number
	readonly numFailedTests: number
	readonly numPendingTests: number
	readonly numTodoTests: number
	readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** Counts a report of Vitest's JSON reporter. Throws when the text is not one. */
export function countResults(json: string): Counts {
	const report: Report = JSON.parse(json)
	const unloadable = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
	const counts = {
		passed: report.numPassedTests,
		failed: report.numFailedTests + unloadable.length,
		skipped: report.numPendingTests + report.numTodoTests,
	}
	if (Object.values(counts).some((count) => !Number.isInteger(count))) throw new Error('not a report of test results')
	return counts
}

/** The sum of several runs. */
export function addCounts(all: readonly Counts[]): Counts {
	return all.reduce(
		(sum, { passed, failed, skipped }) => ({
			passed: sum.passed + passed,
			failed: sum.failed + failed,
			skipped: sum.skipped + skipped,
		}),
		{ passed: 0, failed: 0, skipped: 0 },
	)
}

/** One line for people: `tests: 3 passed, 0 failed, 1 skipped`. */
export function countsLine(label: string, { passed, failed, skipped }: Counts): string {
	return `${label}: ${passed} passed, ${failed} failed, ${skipped} skipped`
}
