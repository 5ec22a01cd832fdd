import { UsageError } from '../command-line/usage.ts'
import { readOptions, type SimulateOptions, USAGE } from './options.ts'
import { type Played, simulate } from './run/simulate.ts'

const PROGRESS_EVERY_MS = 5000

function say(text: string): void {
	process.stdout.write(`${text}\n`)
}

function note(text: string): void {
	process.stderr.write(`${text}\n`)
}

/** What nobody has caught belongs to the world that is played. */
function collectUncaught(): { readonly taken: () => string[] } {
	let uncaught: string[] = []
	const take = (error: unknown) => {
		uncaught.push(`not caught: ${error instanceof Error ? error.stack : String(error)}`)
	}
	process.on('unhandledRejection', take)
	process.on('uncaughtException', take)
	return {
		taken: () => {
			const taken = uncaught
			uncaught = []
			return taken
		},
	}
}

async function play(seed: number, taken: () => string[]): Promise<readonly string[]> {
	try {
		const { violations }: Played = await simulate(seed)
		return [...violations, ...taken()]
	} catch (error) {
		return [`the world ended by itself: ${error instanceof Error ? error.stack : String(error)}`, ...taken()]
	}
}

async function run({ seeds, seed: first, json }: SimulateOptions): Promise<boolean> {
	const { taken } = collectUncaught()
	const startedAt = performance.now()
	let toldAt = startedAt
	const failed: number[] = []
	for (let seed = first; seed < first + seeds; seed++) {
		const violations = await play(seed, taken)
		if (violations.length > 0) failed.push(seed)
		for (const violation of violations) (json ? note : say)(`seed ${seed}: ${violation}`)
		if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue
		toldAt = performance.now()
		const each = (toldAt - startedAt) / 1000 / (seed - first + 1)
		note(`${seed - first + 1} of ${seeds} seeds, ${each.toFixed(2)} s each, ${failed.length} failed`)
	}
	const again = failed.length > 0 && !json
	if (again) say(`again: npm run simulate -- --seed ${failed[0]}`)
	say(JSON.stringify({ seeds, failures: failed.length, ...(failed.length > 0 ? { failed } : {}) }))
	return failed.length === 0
}

try {
	const options = readOptions(process.argv.slice(2))
	if (options.help) say(USAGE)
	else process.exitCode = (await run(options)) ? 0 : 1
} catch (error) {
	if (!(error instanceof UsageError)) throw error
	note(`${error.message}\n${USAGE}`)
	process.exitCode = 2
}
