import { describe, expect, it } from 'vitest'
import { addCounts, countResults, countsLine } from './count-results.ts'

const REPORT = {
	numPassedTests: 5,
	numFailedTests: 1,
	numPendingTests: 2,
	numTodoTests: 1,
	testResults: [
		{ status: 'passed', assertionResults: [{}] },
		{ status: 'failed', assertionResults: [{}] },
	],
}

describe('the count of results', () => {
	it('takes the tests as Vitest reports them', () => {
		expect(countResults(JSON.stringify(REPORT))).toEqual({ passed: 5, failed: 1, skipped: 3 })
	})

	it('counts a file that could not be loaded as a failure', () => {
		const testResults = [...REPORT.testResults, { status: 'failed', assertionResults: [] }]
		expect(countResults(JSON.stringify({ ...REPORT, testResults }))).toMatchObject({ failed: 2 })
	})

	it('refuses what is not a report', () => {
		expect(() => countResults('{"testResults":[]}')).toThrow('not a report')
		expect(() => countResults('')).toThrow()
	})

	it('adds runs up', () => {
		const sum = addCounts([
			{ passed: 1, failed: 0, skipped: 2 },
			{ passed: 3, failed: 1, skipped: 0 },
		])
		expect(countsLine('tests', sum)).toBe('tests: 4 passed, 1 failed, 2 skipped')
	})
})
