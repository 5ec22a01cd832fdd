import type { Dialog } from '../dialog/dialog.ts'
import { liveForks } from './forks.ts'
import type { BridgeState, Leg } from './types.ts'

/** The dialogs of the two legs that are one call: what one side calls by one name, the other calls by the other. Early ones are several. */
export function bridgedDialogs(state: BridgeState): readonly Readonly<Record<Leg, Dialog>>[] {
	return liveForks({ state, effects: [], nowMs: 0 }).flatMap(({ caller, callee }) =>
		caller && callee ? [{ caller, callee }] : [],
	)
}
