import { poll, SILENT } from './moves.ts'
import type { Holding, HoldingStep, SeenBindings } from './types.ts'
import { ask, told } from './waiting.ts'

/** Questions without an answer before the server counts as one that does not tell. */
const SILENCES = 3

/** What is shown of a binding that is left to its own end. */
const LEFT_BEHIND =
	'the SIP server does not say which bindings it has: that of the service is not removed, it ends by itself'

/**
 * Mode 0, the devices say that they are registered: what the registrar lists is looked at before our own binding goes. Where
 * a newer binding has overwritten ours, a removal may take the device's (a server with one binding for a user is known to
 * take every removal for "all").
 */
export function lookForCompany(state: Holding): HoldingStep {
	if (state.phase === 'checking' && state.mode === 0) return { state, effects: [] }
	return ask({ ...state, found: 0, othersGone: false, changedMode: false, gaveTurn: false })
}

/** The list: what is ours goes where it is listed. */
export function onCompany(state: Holding, seen: SeenBindings): HoldingStep {
	if (seen.ours) return settle({ ...state, keepsSeveral: state.keepsSeveral || seen.others > 0 }, 'release')
	// Nobody at all, though we are bound and the device says that it is: such a list says nothing.
	return seen.others > 0 ? settle(state, 'forget') : settle(state, 'forget', LEFT_BEHIND)
}

/** There is none. */
export function onCompanyUntold(state: Holding, cause: 'untold' | 'unanswered', nowMs: number): HoldingStep {
	const isOver = cause === 'untold' || state.found >= SILENCES
	return isOver ? settle(state, 'forget', LEFT_BEHIND) : poll(state, nowMs, SILENT)
}

/** Time to look again. */
export function onCompanyRepeat(state: Holding): HoldingStep {
	return ask(state)
}

function settle(state: Holding, wish: 'release' | 'forget', reason?: string): HoldingStep {
	return told({ ...state, phase: 'devices', wish, dueAtMs: undefined, found: 0 }, reason, [
		{ type: 'wish', wish, certain: false },
	])
}
