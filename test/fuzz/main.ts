import { UsageError } from '../command-line/usage.ts'
import { InputSource } from './inputs/input-source.ts'
import { type FuzzOptions, readOptions, USAGE } from './options.ts'
import { saveFinding } from './run/findings.ts'
import { type Growth, growthOf } from './run/growth.ts'
import { minimise } from './run/minimise.ts'
import type { WrittenInput } from './run/reports.ts'
import { type Failure, fails, type RunResult, watchedRun } from './run/watched-run.ts'
import { TARGETS } from './targets/catalogue.ts'

const PROGRESS_MS = 5000
const SHOWN_HEX = 2000

interface Outcome {
	readonly inputs: number
	readonly crashed: boolean
	readonly growth: Growth
}

function say(text: string): void {
	process.stdout.write(`${text}\n`)
}

async function runTarget(name: string, seed: number, seconds: number): Promise<Outcome> {
	const batch = TARGETS[name]?.batch ?? 1
	let shownAt = performance.now()
	const result = await watchedRun({ type: 'run', target: name, seed, seconds }, batch, (inputs) => {
		if (performance.now() - shownAt < PROGRESS_MS) return
		shownAt = performance.now()
		say(`${name}: ${inputs} inputs`)
	})
	const growth = growthOf(result.rests)
	tellOutcome(name, result, growth)
	if (result.failure) await tellFailure(name, seed, result.failure)
	return { inputs: result.inputs, crashed: result.failure !== undefined, growth }
}

function tellOutcome(name: string, { inputs, rests, failure }: RunResult, growth: Growth): void {
	const left = JSON.stringify(rests.at(-1)?.left ?? {})
	const grown = `heap ${growth.heapMiB >= 0 ? '+' : ''}${growth.heapMiB} MiB, at rest ${left}`
	say(`${name}: ${inputs} inputs, ${failure ? failure.kind : 'unhurt'}, ${grown}${growth.ok ? '' : ', GROWS'}`)
	if (!growth.ok) for (const rest of rests) say(`${name}: at rest ${JSON.stringify(rest)}`)
}

async function tellFailure(name: string, seed: number, failure: Failure): Promise<void> {
	const { kind, what, from, at } = failure
	say(`${name}: ${kind} at input ${at} of seed ${seed}\n${what}`)
	const inputs = inputsOf(name, seed, from, at)
	say(`${name}: looking for the smallest inputs among the ${inputs.length} that may have caused it`)
	const smallest = await minimise(inputs, (candidate) => fails(name, candidate))
	if (!smallest) {
		say(`${name}: inputs ${from} to ${at} alone do not do it again; the same seed makes all that came before`)
		return
	}
	for (const { hex } of smallest) say(`${name}: ${hex.slice(0, SHOWN_HEX)}${hex.length > SHOWN_HEX ? '...' : ''}`)
	say(`${name}: kept in ${saveFinding(name, seed, at, smallest).join(', ')}`)
	say(`${name}: in packages/sip/testdata/regressions/${name} it is fed first in every run`)
}

function inputsOf(name: string, seed: number, from: number, at: number): WrittenInput[] {
	const source = new InputSource(seed, name)
	return Array.from({ length: at - from + 1 }, (_, i) => {
		const { bytes, way, cuts } = source.input(from + i)
		return { hex: bytes.toString('hex'), way, cuts }
	})
}

async function fuzz({ seconds, seed, targets, json }: FuzzOptions): Promise<boolean> {
	say(`seed ${seed}, ${seconds} s for ${targets.join(', ')}`)
	const outcomes: Record<string, Outcome> = {}
	for (const name of targets) outcomes[name] = await runTarget(name, seed, seconds / targets.length)
	const all = Object.values(outcomes)
	const crashes = all.filter(({ crashed }) => crashed).length
	const ok = crashes === 0 && all.every(({ growth }) => growth.ok)
	const inputs = all.reduce((sum, outcome) => sum + outcome.inputs, 0)
	const growth = Object.fromEntries(Object.entries(outcomes).map(([name, outcome]) => [name, outcome.growth]))
	if (json) say(JSON.stringify({ seed, seconds, inputs, crashes, growth, ok }))
	else say(ok ? `${inputs} inputs, nothing found` : 'something was found')
	return ok
}

try {
	process.exitCode = (await fuzz(readOptions(process.argv.slice(2), Object.keys(TARGETS)))) ? 0 : 1
} catch (error) {
	if (!(error instanceof UsageError)) throw error
	process.stderr.write(`${error.message}\n${USAGE}\n`)
	process.exitCode = 2
}
