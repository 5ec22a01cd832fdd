import { benchAttach, benchPush } from './calls/run.ts'
import { benchCeiling } from './ceiling/run.ts'
import { BENCH_HELP, type BenchOptions, parseBenchOptions, UsageError } from './command-line.ts'
import { benchHandoff } from './handoff/run.ts'
import { benchModes } from './modes/run.ts'
import { benchRegistrations } from './registrations/run.ts'

async function run(options: BenchOptions | undefined): Promise<void> {
	if (!options) {
		process.stdout.write(`${BENCH_HELP}\n`)
		return
	}
	switch (options.command) {
		case 'registrations':
			return benchRegistrations(options)
		case 'ceiling':
			return benchCeiling(options)
		case 'push':
			return benchPush(options)
		case 'attach':
			return benchAttach(options)
		case 'handoff':
			return benchHandoff(options)
		case 'modes':
			return benchModes(options)
	}
}

try {
	await run(parseBenchOptions(process.argv.slice(2)))
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
	process.exitCode = error instanceof UsageError ? 2 : 1
}
