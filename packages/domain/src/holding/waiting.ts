import type { Holding, HoldingEffect, HoldingStep, Wish } from './types.ts'

/** Asks the registrar what it has. */
export function ask(state: Holding): HoldingStep {
	return { state: asked(state, 'checking'), effects: [{ type: 'ask', question: state.question + 1 }] }
}

/** The same, and says what is wished until then. */
export function askWishing(state: Holding, wish: Wish): HoldingStep {
	const step = ask({ ...state, wish })
	return { state: step.state, effects: [{ type: 'wish', wish, certain: false }, ...step.effects] }
}

/** The state with one more question, in that phase. */
export function asked(state: Holding, phase: Holding['phase']): Holding {
	return { ...state, phase, question: state.question + 1, dueAtMs: undefined }
}

/** Something is in the way, and looked at again then. */
export function waitUntil(state: Holding, dueAtMs: number, reason: string): HoldingStep {
	return told({ ...state, phase: 'waiting', found: state.found + 1, dueAtMs }, reason, [])
}

/** With the blocking reason, in words; undefined for none. */
export function told(state: Holding, reason: string | undefined, effects: readonly HoldingEffect[]): HoldingStep {
	return { state, effects: [...effects, { type: 'blocking-reason', reason }] }
}
