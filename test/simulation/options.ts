import { parseArgs } from 'node:util'
import { UsageError, wholeNumber } from '../command-line/usage.ts'

export interface SimulateOptions {
	/** How many worlds are played. */
	readonly seeds: number
	/** The seed of the first one; those that follow count on from it. */
	readonly seed: number
	/** Nothing on standard output but the last line, which is one JSON object. */
	readonly json: boolean
	readonly help: boolean
}

export const USAGE = `npm run simulate -- [--seeds N] [--seed S] [--json] [--help]

Plays worlds of real workers, edges and a push dispatcher, with phones, SIP servers and a push provider around them, on one virtual
clock and a network in memory that loses 30 % of all datagrams. A seed is the same world every time.

  --seeds N   how many worlds; 100, or 1 with --seed
  --seed S    the seed of the first one; 1 when absent
  --json      only the last line on standard output: {"seeds":N,"failures":F}, with the seeds that failed`

const MAX = 0x7fff_ffff

/** Throws UsageError. */
export function readOptions(args: readonly string[]): SimulateOptions {
	const { seeds, seed, json = false, help = false } = parsed(args)
	return {
		seeds: wholeNumber('seeds', seeds ?? (seed === undefined ? '100' : '1'), 1, MAX),
		seed: wholeNumber('seed', seed ?? '1', 0, MAX),
		json,
		help,
	}
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				seeds: { type: 'string' },
				seed: { type: 'string' },
				json: { type: 'boolean' },
				help: { type: 'boolean' },
			},
		}).values
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}
