import { parseArgs } from 'node:util'
import type { RegistrationMode } from '@vigil/domain'
import { seedFrom, UsageError, wholeNumber } from '../command-line/usage.ts'

export interface ModelOptions {
	readonly runs: number
	readonly seed: number
	/** The mode that every scenario begins in; any of them unless given. */
	readonly mode: RegistrationMode | undefined
	/** Which scenario of that seed alone is played, as a failure has printed it. */
	readonly path: string | undefined
	/** Check that deliberate defects are caught, in place of the model itself. */
	readonly mutations: boolean
	/** Nothing but the last line, which is one JSON object. */
	readonly json: boolean
}

export const USAGE =
	'npm run model -- [--runs N] [--seed S] [--mode 0|1|2|3] [--path P] [--json] | --mutations [--json]'
const DEFAULT_RUNS = '20000'
const MAX_RUNS = 100_000_000
const MAX_SEED = 0x7fff_ffff

/** Throws UsageError. */
export function readOptions(args: readonly string[]): ModelOptions {
	const values = parsed(args)
	if (values.path !== undefined && values.seed === undefined)
		throw new UsageError('--path needs the --seed that it is of')
	if (values.path !== undefined && !/^\d+(:\d+)*$/.test(values.path)) {
		throw new UsageError('--path takes numbers with colons between them')
	}
	return {
		runs: wholeNumber('runs', values.runs ?? DEFAULT_RUNS, 1, MAX_RUNS),
		seed: seedFrom(values.seed, MAX_SEED),
		mode: values.mode === undefined ? undefined : (wholeNumber('mode', values.mode, 0, 3) as RegistrationMode),
		path: values.path,
		mutations: values.mutations ?? false,
		json: values.json ?? false,
	}
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				runs: { type: 'string' },
				seed: { type: 'string' },
				mode: { type: 'string' },
				path: { type: 'string' },
				mutations: { type: 'boolean' },
				json: { type: 'boolean' },
			},
		}).values
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}
