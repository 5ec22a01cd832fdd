import type { Dialog } from '../dialog/dialog.ts'
import type { BridgeState, Leg } from './types.ts'

/** The dialogs of the two legs that are one call: what one side calls by one name, the other calls by the other. */
export function bridgedDialogs({ legs }: BridgeState): readonly Readonly<Record<Leg, Dialog>>[] {
	const { caller, callee } = legs
	return caller.dialog && callee.dialog ? [{ caller: caller.dialog, callee: callee.dialog }] : []
}
