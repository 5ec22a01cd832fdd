import type { SipRequest } from '../message/message.ts'
import { dropExchange, sendExchange, type Turn, updateLeg } from './turn.ts'
import type { Exchange, Leg } from './types.ts'

/** Sends the BYE that closes a leg. */
export function sendBye(turn: Turn, leg: Leg, bye: SipRequest): void {
	updateLeg(turn, leg, { phase: 'closing', deferredBye: undefined })
	sendExchange(turn, { purpose: 'bye', to: leg, sent: bye, origin: undefined })
}

/** The BYE that waited for the ACK of our 2xx, if there is one (RFC 3261 15). */
export function sendDeferredBye(turn: Turn, leg: Leg): boolean {
	const { deferredBye } = turn.state.legs[leg]
	if (!deferredBye) return false
	sendBye(turn, leg, deferredBye)
	return true
}

/** The leg's BYE was answered, or is past being answered: whatever was said, the dialog is gone (RFC 3261 15.1.1). */
export function closeAfterBye(turn: Turn, exchange: Exchange): void {
	dropExchange(turn, exchange.id)
	updateLeg(turn, exchange.to, { phase: 'closed' })
}
