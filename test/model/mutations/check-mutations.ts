import { type Invariant, Violation } from '../judge/violation.ts'
import { check } from '../run/check.ts'
import { keptSeeds } from '../run/kept-seeds.ts'
import { play } from '../run/play.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { RULES, type Rules } from '../world/rules.ts'
import { HANDOFF_DEFECTS } from './handoff-defects.ts'
import { HOLDING_DEFECTS } from './holding-defects.ts'
import type { Mutation } from './mutation.ts'
import { REGISTRATION_DEFECTS } from './registration-defects.ts'

/** Every deliberate defect. */
export const MUTATIONS: readonly Mutation[] = [...HOLDING_DEFECTS, ...REGISTRATION_DEFECTS, ...HANDOFF_DEFECTS]

/** Within so many runs a defect must show. */
const MOST_RUNS = 4000
const SEED = 20_260_101

export interface Caught {
	readonly name: string
	readonly runs: number
	/** The invariant that has shown the defect; undefined when none has, or another than the one that it breaks. */
	readonly by: Invariant | undefined
}

/** Whether the model catches the defect by the invariant that it breaks: what has failed before is played first. */
export function checkMutation(mutation: Mutation): Caught {
	const { name, breaks, mode, runs = MOST_RUNS } = mutation
	const rules = { ...RULES, ...mutation.rules }
	const kept = keptSeeds().findIndex(({ scenario }) => brokenBy(scenario, rules) === breaks)
	if (kept >= 0) return { name, runs: kept + 1, by: breaks }
	const { runs: played, found } = check({
		runs,
		seed: SEED,
		mode,
		rules,
		shrink: false,
		judges: (invariant) => invariant === breaks,
	})
	return { name, runs: played, by: found?.invariant === breaks ? breaks : undefined }
}

function brokenBy(scenario: Scenario, rules: Rules): Invariant | undefined {
	try {
		play(scenario, rules)
	} catch (error) {
		if (error instanceof Violation) return error.invariant
		throw error
	}
	return undefined
}

/** All of them; each is told as it is done. */
export function checkMutations(say: (line: string) => void): readonly Caught[] {
	return MUTATIONS.map((mutation) => {
		const caught = checkMutation(mutation)
		const how = caught.by === undefined ? 'NOT CAUGHT' : `${caught.by}, in run ${caught.runs}`
		say(`${mutation.name}: ${how}`)
		return caught
	})
}
