import { UsageError } from '../command-line/usage.ts'
import { readOptions, USAGE } from './options.ts'
import { runScenario } from './run/run-scenario.ts'
import { CannotMakeFault } from './scenarios/fault.ts'

const FAILED = 1
const WRONG_USAGE = 2
const CANNOT_RUN = 3

function say(text: string): void {
	process.stderr.write(`${text}\n`)
}

async function main(args: readonly string[]): Promise<number> {
	const options = readOptions(args)
	if (options === 'help') {
		process.stdout.write(`${USAGE}\n`)
		return 0
	}
	const { scenario, seed, seconds, json } = options
	say(`${scenario}: seed ${seed}`)
	const tell = (facts: object) => process.stdout.write(`${JSON.stringify(facts)}\n`)
	try {
		const { ok, ...figures } = await runScenario({ ...options, say })
		if (json) tell({ ok, scenario, seed, seconds, ...figures })
		else process.stdout.write(`${scenario}: ${ok ? 'held' : 'DID NOT HOLD'}, ${JSON.stringify(figures)}\n`)
		return ok ? 0 : FAILED
	} catch (error) {
		if (!(error instanceof CannotMakeFault)) throw error
		if (json) tell({ ok: false, scenario, seed, skipped: error.message })
		else process.stdout.write(`${scenario}: not run, ${error.message}\n`)
		return CANNOT_RUN
	}
}

try {
	process.exitCode = await main(process.argv.slice(2))
} catch (error) {
	if (!(error instanceof UsageError)) throw error
	process.stderr.write(`${error.message}\n${USAGE}\n`)
	process.exitCode = WRONG_USAGE
}
