import { parseArgs } from 'node:util'
import { seedFrom, UsageError, wholeNumber } from '../command-line/usage.ts'

export const SCENARIOS = [
	'postgres-stop',
	'postgres-slow',
	'postgres-mute',
	'postgres-readonly',
	'postgres-full',
	'redis-stop',
	'redis-mute',
] as const

export type ScenarioName = (typeof SCENARIOS)[number]

export interface FaultOptions {
	readonly scenario: ScenarioName
	readonly seed: number
	/** How long the fault holds. */
	readonly seconds: number
	/** Calls a second, on average. */
	readonly rate: number
	/** The last line of the output is one JSON object. */
	readonly json: boolean
}

export const USAGE = `npm run faults -- --scenario ${SCENARIOS.join('|')}
                  [--seed S] [--seconds 60] [--rate 5] [--json]

Starts the service on a PostgreSQL (and for redis-* a Redis) of its own, calls sleeping phones while the store is faulty, heals
it, and counts: every call must be answered by its phone, each phone pushed once for it, and every call be on record afterwards.
Exit code 0 when all of it holds, 1 when not, 2 for a wrong command line, 3 when the fault cannot be made on this machine.`

const DEFAULTS = { seconds: '60', rate: '5' } as const

/** `help` when that was asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): FaultOptions | 'help' {
	const values = parsed(args)
	if (values.help) return 'help'
	const scenario = SCENARIOS.find((name) => name === values.scenario)
	if (scenario === undefined) {
		throw new UsageError(values.scenario ? `there is no scenario ${values.scenario}` : '--scenario is missing')
	}
	return {
		scenario,
		seed: seedFrom(values.seed),
		seconds: wholeNumber('seconds', values.seconds ?? DEFAULTS.seconds, 1, 3600),
		rate: wholeNumber('rate', values.rate ?? DEFAULTS.rate, 1, 100),
		json: values.json ?? false,
	}
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				scenario: { type: 'string' },
				seed: { type: 'string' },
				seconds: { type: 'string' },
				rate: { type: 'string' },
				json: { type: 'boolean' },
				help: { type: 'boolean' },
			},
		}).values
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}
