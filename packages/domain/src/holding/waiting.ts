import type { DesiredBinding, Holding, HoldingEffect, HoldingStep } from './types.ts'

/** Asks the registrar what it has. */
export function queryBindings(state: Holding): HoldingStep {
	return { state: querying(state, 'checking'), effects: [{ type: 'query-bindings', query: state.query + 1 }] }
}

/** The same, with the binding that is desired until then. */
export function queryDesiring(state: Holding, desired: DesiredBinding): HoldingStep {
	const step = queryBindings({ ...state, desired })
	return { state: step.state, effects: [{ type: 'desired-binding', desired, certain: false }, ...step.effects] }
}

/** The state with one more query, in that phase. */
export function querying(state: Holding, phase: Holding['phase']): Holding {
	return { ...state, phase, query: state.query + 1, dueAtMs: undefined }
}

/** Something is in the way, and looked at again then. */
export function waitUntil(state: Holding, dueAtMs: number, reason: string): HoldingStep {
	return told({ ...state, phase: 'waiting', found: state.found + 1, dueAtMs }, reason, [])
}

/** With the blocking reason, in words; undefined for none. */
export function told(state: Holding, reason: string | undefined, effects: readonly HoldingEffect[]): HoldingStep {
	return { state, effects: [...effects, { type: 'blocking-reason', reason }] }
}
