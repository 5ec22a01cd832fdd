import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { addCounts, type Counts, countResults, countsLine } from './count-results.ts'

/**
 * `node test/reporting/print-counts.ts <report.json>...` prints a line per report, then the sum. Exits with 1 when a
 * test failed, a report is missing, or a run passed no test at all.
 */
const reports = process.argv.slice(2)
const counted = reports.map((file): Counts | undefined =>
	existsSync(file) ? countResults(readFileSync(file, 'utf8')) : undefined,
)

let ok = reports.length > 0
for (const [index, counts] of counted.entries()) {
	const label = basename(reports[index] ?? '', '.json')
	if (counts === undefined) process.stdout.write(`${label}: no report\n`)
	else process.stdout.write(`${countsLine(label, counts)}${counts.passed === 0 ? ' (nothing was tested)' : ''}\n`)
	ok &&= counts !== undefined && counts.failed === 0 && counts.passed > 0
}
process.stdout.write(`${countsLine('tests', addCounts(counted.filter((counts) => counts !== undefined)))}\n`)
process.exitCode = ok ? 0 : 1
