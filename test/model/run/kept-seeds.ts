import { readFileSync, writeFileSync } from 'node:fs'
import type { RegistrationMode } from '@vigil/domain'
import type { Scenario } from '../scenario/scenario.ts'
import type { CounterExample } from './check.ts'

/** A counter-example of the past. Its inputs are kept too: a seed makes others once the generators change. */
export interface KeptSeed {
	readonly seed: number
	readonly path: string
	readonly mode?: RegistrationMode
	/** What it broke, in words. */
	readonly violated: string
	readonly scenario: Scenario
}

/** Where they are kept. */
const KEPT_SEEDS_FILE = new URL('../seeds.json', import.meta.url)

/** All that are kept, oldest first. */
export function keptSeeds(): readonly KeptSeed[] {
	return JSON.parse(readFileSync(KEPT_SEEDS_FILE, 'utf8')) as KeptSeed[]
}

/** Keeps one more, unless the same inputs are kept already. */
export function keepSeed({ seed, path, mode, violated, scenario }: CounterExample): void {
	const kept = keptSeeds()
	const inputs = JSON.stringify(scenario)
	if (kept.some((other) => JSON.stringify(other.scenario) === inputs)) return
	const one: KeptSeed = { seed, path, ...(mode === undefined ? {} : { mode }), violated, scenario }
	writeFileSync(KEPT_SEEDS_FILE, `${JSON.stringify([...kept, one], null, '\t')}\n`)
}
