import { parseArgs } from 'node:util'
import { seedFrom, UsageError, wholeNumber } from '../command-line/usage.ts'

export interface FuzzOptions {
	/** For all targets together. */
	readonly seconds: number
	readonly seed: number
	readonly targets: readonly string[]
	/** The last line of the output is one JSON object. */
	readonly json: boolean
}

export const USAGE = 'npm run fuzz -- [--seconds N] [--seed S] [--target codec|framing|worker|edge|all] [--json]'
const DEFAULT_SECONDS = '60'

/** Throws UsageError. */
export function readOptions(args: readonly string[], known: readonly string[]): FuzzOptions {
	const values = parsed(args)
	const target = values.target ?? 'all'
	if (target !== 'all' && !known.includes(target)) throw new UsageError(`there is no target ${target}`)
	return {
		seconds: wholeNumber('seconds', values.seconds ?? DEFAULT_SECONDS, 1, 86_400),
		seed: seedFrom(values.seed),
		targets: target === 'all' ? known : [target],
		json: values.json ?? false,
	}
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				seconds: { type: 'string' },
				seed: { type: 'string' },
				target: { type: 'string' },
				json: { type: 'boolean' },
			},
		}).values
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}
