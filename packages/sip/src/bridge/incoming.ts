import { acceptInDialogRequest } from '../dialog/acceptance.ts'
import type { SipRequest } from '../message/message.ts'
import { endCall } from './ending.ts'
import { endFork, focusOnRequest, liveForks } from './forks.ts'
import { takePrack } from './own-pracks.ts'
import { passFields } from './passage.ts'
import { reasonHeaders } from './passing.ts'
import { dialogRequest, refuse, relayRequest } from './relaying.ts'
import { isOfLeg, settle2xx } from './success-responses.ts'
import { allExchanges, cseqNumber, initialExchange, sendExchange, type Turn, updateLeg } from './turn.ts'
import type { Leg } from './types.ts'

/** A request inside the call, from either leg. */
export function onRequest(turn: Turn, leg: Leg, transactionId: string, request: SipRequest) {
	focusOnRequest(turn, leg, request)
	const { phase, dialog } = turn.state.legs[leg]
	const open = phase !== 'closed' && (request.method === 'BYE' || !turn.state.ended)
	// 12.2.2: a request of a dialog that is unknown, or gone.
	if (!open || !dialog || !isOfLeg(turn, leg, request)) return refuse(turn, leg, transactionId, request, 481)
	const accepted = acceptInDialogRequest(dialog, request)
	if (!accepted.ok) return refuse(turn, leg, transactionId, request, accepted.status)
	updateLeg(turn, leg, { dialog: accepted.dialog })
	if (request.method === 'BYE') return onBye(turn, leg, transactionId, request)
	if (request.method === 'INVITE' && inviteIsUntimely(turn, leg, transactionId, request)) return
	if (leg === 'caller' && takePrack(turn, transactionId, request)) return
	relayRequest(turn, leg, transactionId, request)
}

/** 14.2: one INVITE at a time, in both directions together; the one that crosses another is told to try again. */
function inviteIsUntimely(turn: Turn, leg: Leg, transactionId: string, request: SipRequest): boolean {
	const open = allExchanges(turn).filter(
		({ sent, phase }) =>
			sent.method === 'INVITE' && (phase === 'pending' || phase === 'challenged' || phase === 'accepted'),
	)
	if (open.some(({ to }) => to !== leg)) {
		// 14.2 asks for a random wait of 0 to 10 seconds; any number that differs from call to call will do.
		refuse(turn, leg, transactionId, request, 500, [['Retry-After', String(cseqNumber(request) % 11)]])
	} else if (open.length > 0) refuse(turn, leg, transactionId, request, 491)
	return open.length > 0
}

/** 15.1.2: a BYE is answered at once, and ends the other leg too. Where our own BYE is under way the two have crossed. */
function onBye(turn: Turn, leg: Leg, transactionId: string, bye: SipRequest) {
	const { phase } = turn.state.legs[leg]
	refuse(turn, leg, transactionId, bye, 200)
	if (phase === 'inviting') return onEarlyBye(turn, leg, bye)
	if (phase !== 'confirmed') return
	updateLeg(turn, leg, { phase: 'closed', deferredBye: undefined })
	const initial = initialExchange(turn)
	if (leg === 'caller' && initial) settle2xx(turn, initial)
	endCall(turn, {
		cause: 'bye',
		by: leg,
		headers: passFields(turn, leg, bye.headers),
		body: bye.body,
		wantedCseq: cseqNumber(bye),
	})
}

/**
 * Before the answer a BYE of the caller is as good as a CANCEL (15.1.1); one of the callee is wrong, but clear enough. Where several ends
 * ring it is about one of them alone (RFC 3261 15).
 */
function onEarlyBye(turn: Turn, leg: Leg, bye: SipRequest) {
	if (liveForks(turn).length > 1) {
		if (leg === 'caller') discardFork(turn, bye)
		return endFork(turn)
	}
	const headers = reasonHeaders(bye)
	if (leg === 'caller') endCall(turn, { cause: 'bye', by: leg, headers, finalResponse: 487 })
	else endCall(turn, { cause: 'bye', by: leg, finalResponse: 480, refusal: 'response' })
}

function discardFork(turn: Turn, { headers, body }: SipRequest): void {
	if (!turn.state.legs.callee.dialog) return
	const sent = dialogRequest(turn, 'callee', 'BYE', { headers: passFields(turn, 'caller', headers), body })
	sendExchange(turn, { purpose: 'discard', to: 'callee', sent, origin: undefined })
}
