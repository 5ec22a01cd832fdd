import { poll, SILENT } from './moves.ts'
import type { Holding, HoldingStep, SeenBindings } from './types.ts'
import { queryBindings, told } from './waiting.ts'

/** Queries without an answer before the server counts as one that does not tell. */
const SILENCES = 3

/** What is shown of a binding that is left to its own end. */
const LEFT_BEHIND =
	'the SIP server does not say which bindings it has: that of the service is not removed, it ends by itself'

/**
 * Mode 0, the devices say that they are registered: what the registrar lists is looked at before our own binding goes. Where
 * a newer binding has overwritten ours, a removal may take the device's (a server with one binding for a user is known to
 * take every removal for "all").
 */
export function checkCoexistence(state: Holding): HoldingStep {
	if (state.phase === 'checking' && state.mode === 0) return { state, effects: [] }
	return queryBindings({ ...state, found: 0, othersGone: false, changedMode: false, gaveTurn: false })
}

/** The list: what is ours goes where it is listed. */
export function onCoexistence(state: Holding, seen: SeenBindings): HoldingStep {
	if (seen.ours) return settle({ ...state, keepsSeveral: state.keepsSeveral || seen.others > 0 }, 'remove')
	// Nobody at all, though we are bound and the device says that it is: such a list says nothing.
	return seen.others > 0 ? settle(state, 'abandon') : settle(state, 'abandon', LEFT_BEHIND)
}

/** There is none. */
export function onCoexistenceUntold(state: Holding, cause: 'untold' | 'unanswered', nowMs: number): HoldingStep {
	const isOver = cause === 'untold' || state.found >= SILENCES
	return isOver ? settle(state, 'abandon', LEFT_BEHIND) : poll(state, nowMs, SILENT)
}

/** Time to look again. */
export function onCoexistenceRepeat(state: Holding): HoldingStep {
	return queryBindings(state)
}

function settle(state: Holding, desired: 'remove' | 'abandon', reason?: string): HoldingStep {
	return told({ ...state, phase: 'devices', desired, dueAtMs: undefined, found: 0 }, reason, [
		{ type: 'desired-binding', desired, certain: false },
	])
}
