import type { RegistrationMode } from '@vigil/domain'
import fc from 'fast-check'
import { type Invariant, Violation } from '../judge/violation.ts'
import { scenarios } from '../scenario/arbitrary.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { RULES, type Rules } from '../world/rules.ts'
import { play } from './play.ts'

export interface Checked {
	readonly runs: number
	readonly seed: number
	/** The smallest scenario found that breaks an invariant. */
	readonly found?: CounterExample
}

export interface CounterExample {
	readonly seed: number
	/** Where in the sequence of that seed, and along which reductions, the scenario is. */
	readonly path: string
	/** The mode that scenarios were bound to begin in. */
	readonly mode: RegistrationMode | undefined
	readonly scenario: Scenario
	/** What it breaks, in words. */
	readonly violated: string
	readonly invariant: string
}

export interface CheckOptions {
	readonly runs: number
	readonly seed: number
	readonly mode?: RegistrationMode | undefined
	readonly path?: string | undefined
	readonly rules?: Rules
	/** False leaves a counter-example as large as it was found. */
	readonly shrink?: boolean
	/** Which invariants count; all unless given. */
	readonly judges?: (invariant: Invariant) => boolean
	/** Called before each run. */
	readonly onRun?: () => void
}

/** Plays scenarios until one breaks an invariant, which is reduced then, or as many as were asked for. */
export function check(options: CheckOptions): Checked {
	const { runs, seed, mode, path, rules = RULES, onRun, judges } = options
	const property = fc.property(scenarios(mode), (scenario) => {
		onRun?.()
		if (judges) playFor(scenario, rules, judges)
		else play(scenario, rules)
	})
	const result = fc.check(property, {
		numRuns: path === undefined ? runs : 1,
		seed,
		endOnFailure: options.shrink === false,
		...(path === undefined ? {} : { path }),
	})
	if (!result.failed) return { runs: result.numRuns, seed: result.seed }
	const [scenario] = result.counterexample ?? []
	const error = result.errorInstance
	if (!scenario || !(error instanceof Error)) throw new Error(fc.defaultReportMessage(result) ?? 'the check failed')
	const found: CounterExample = {
		seed: result.seed,
		path: result.counterexamplePath ?? '',
		mode,
		scenario,
		violated: error.message,
		invariant: error instanceof Violation ? error.invariant : 'it throws',
	}
	return { runs: result.numRuns, seed: result.seed, found }
}

function playFor(scenario: Scenario, rules: Rules, judges: (invariant: Invariant) => boolean): void {
	try {
		play(scenario, rules)
	} catch (error) {
		if (!(error instanceof Violation) || judges(error.invariant)) throw error
	}
}
