import { UsageError } from '../command-line/usage.ts'
import { checkMutations } from './mutations/check-mutations.ts'
import { type ModelOptions, readOptions, USAGE } from './options.ts'
import { check } from './run/check.ts'
import { keepSeed, keptSeeds } from './run/kept-seeds.ts'
import { play } from './run/play.ts'
import { tell } from './run/tell.ts'

const PROGRESS_EVERY_MS = 5000

function say(text: string): void {
	process.stdout.write(`${text}\n`)
}

/** Tells on standard error how far it is, now and then. */
function progress(runs: number): () => void {
	const startedAt = performance.now()
	let toldAt = startedAt
	let done = 0
	return () => {
		done++
		if ((done & 255) !== 0) return
		const now = performance.now()
		if (now - toldAt < PROGRESS_EVERY_MS) return
		toldAt = now
		const rate = Math.round((done * 1000) / (now - startedAt))
		process.stderr.write(`${done} of ${runs} runs, ${rate} runs a second\n`)
	}
}

/** Plays what has failed before; returns how many fail again. */
function replayKept(): number {
	let failures = 0
	for (const { seed, path, scenario } of keptSeeds()) {
		try {
			play(scenario)
		} catch (error) {
			failures++
			say(`a kept counter-example fails again: ${error instanceof Error ? error.message : String(error)}`)
			say(`seed ${seed}, path ${path}: ${JSON.stringify(scenario)}`)
		}
	}
	return failures
}

function runModel({ runs, seed, mode, path, json }: ModelOptions): boolean {
	const again = path === undefined ? replayKept() : 0
	const startedAt = performance.now()
	const { runs: played, found } = check({ runs, seed, mode, path, onRun: progress(runs) })
	const seconds = (performance.now() - startedAt) / 1000
	if (found) {
		for (const line of tell(found)) say(line)
		if (path === undefined) keepSeed(found)
	}
	if (!json) say(`${played} runs in ${seconds.toFixed(1)} s, ${Math.round(played / seconds)} runs a second`)
	const failures = again + (found ? 1 : 0)
	say(JSON.stringify({ runs: played, failures, seed, ...(found ? { path: found.path } : {}) }))
	return failures === 0
}

function runMutations({ json }: ModelOptions): boolean {
	const caught = checkMutations((line) => {
		if (!json) say(line)
	})
	const missed = caught.filter(({ by }) => by === undefined).map(({ name }) => name)
	say(JSON.stringify({ mutations: caught.length, caught: caught.length - missed.length, missed }))
	return missed.length === 0
}

try {
	const options = readOptions(process.argv.slice(2))
	process.exitCode = (options.mutations ? runMutations(options) : runModel(options)) ? 0 : 1
} catch (error) {
	if (!(error instanceof UsageError)) throw error
	process.stderr.write(`${error.message}\n${USAGE}\n`)
	process.exitCode = 2
}
