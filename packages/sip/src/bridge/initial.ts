import { confirmDialog, uacDialog } from '../dialog/creation.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { buildResponse } from '../message/build.ts'
import type { SipResponse } from '../message/message.ts'
import { sendBye } from './byes.ts'
import { endCall } from './ending.ts'
import { endFork, endOtherForks, focusOnBranch, focusOnLost, forkInFocus, stopWaiting } from './forks.ts'
import { awaitPrack, beginPatience, isAcknowledged, withSession } from './own-pracks.ts'
import { dialogRequest } from './relaying.ts'
import { isReliable, mappedResponse, passResponse, wants100rel } from './responses.ts'
import { acknowledge, onRepeated2xx, pass2xx } from './success-responses.ts'
import { dropExchange, stopTimer, type Turn, updateLeg } from './turn.ts'
import type { Exchange } from './types.ts'

/** A response of the callee to the INVITE that began the call. */
export function onInitialResponse(turn: Turn, exchange: Exchange, response: SipResponse) {
	const { phase } = turn.state.legs.callee
	if (phase === 'cancelling') return onResponseAfterCancel(turn, exchange, response)
	if (exchange.phase !== 'pending') return onRepeated2xx(turn, exchange, response)
	if (phase !== 'inviting' || response.status <= 100) return
	if (response.status < 200) onProgress(turn, exchange, response)
	else if (response.status < 300) on2xx(turn, exchange, response)
	else onRefusal(turn, exchange, response)
}

function onProgress(turn: Turn, exchange: Exchange, response: SipResponse): void {
	const known = turn.state.forkCount
	if (!focusOnBranch(turn, exchange, response) || isAcknowledged(turn, response)) return
	if (turn.state.forkCount > known) beginPatience(turn)
	turn.effects.push({ type: 'progress', status: response.status })
	// RFC 3262 3: a caller that requires 100rel gets no provisional response without it.
	if (wants100rel(turn.state.callerInvite) && !isReliable(response)) return
	passResponse(turn, exchange, response)
	// RFC 6228: this end is out of the call.
	if (response.status === 199) endFork(turn)
	else awaitPrack(turn, exchange, response)
}

/** The newest branch counts; of one that is known already the dialog has gone on. */
function earlyDialog(known: Dialog | undefined, exchange: Exchange, response: SipResponse): Dialog | undefined {
	const made = uacDialog(exchange.sent, response)
	return made?.remoteTag === known?.remoteTag ? known : (made ?? known)
}

function on2xx(turn: Turn, exchange: Exchange, received: SipResponse): void {
	focusOnBranch(turn, exchange, received)
	endOtherForks(turn)
	stopWaiting(turn, forkInFocus(turn))
	const response = withSession(turn, received)
	confirmCallee(turn, exchange, response, 'confirmed')
	const { caller } = turn.state.legs
	const dialog = caller.dialog && confirmDialog(caller.dialog, response)
	updateLeg(turn, 'caller', { phase: 'confirmed', dialog })
	pass2xx(turn, exchange, response)
	turn.effects.push({ type: 'answered' })
}

function confirmCallee(turn: Turn, exchange: Exchange, response: SipResponse, phase: 'confirmed' | 'closing'): void {
	const early = earlyDialog(turn.state.legs.callee.dialog, exchange, response)
	updateLeg(turn, 'callee', { phase, dialog: early && confirmDialog(early, response) })
}

function onRefusal(turn: Turn, exchange: Exchange, response: SipResponse): void {
	const mapped = mappedResponse(turn, exchange, turn.state.callerInvite, response)
	refuseCall(turn, exchange, mapped, 'response')
}

/** The INVITE to the callee got no answer, or could not be sent (RFC 3261 8.1.3.1: as if by 408 or 503). */
export function onInitialFailure(turn: Turn, exchange: Exchange, cause: 'timeout' | 'transport') {
	if (exchange.phase !== 'pending') return
	if (turn.state.legs.callee.phase === 'cancelling') return closeCancelled(turn, exchange)
	// 503 would tell the caller that all of us is out of service; it is only this callee that cannot be reached.
	const status = cause === 'timeout' ? 408 : 480
	const { callerInvite, callerTag } = turn.state
	refuseCall(turn, exchange, buildResponse(callerInvite, status, undefined, { toTag: callerTag }), cause)
}

function refuseCall(
	turn: Turn,
	exchange: Exchange,
	finalResponse: SipResponse,
	refusal: 'response' | 'timeout' | 'transport',
): void {
	updateLeg(turn, 'callee', { phase: 'closed' })
	endCall(turn, { cause: 'rejected', by: 'callee', finalResponse, refusal })
	dropExchange(turn, exchange.id)
}

/** The callee answered although its INVITE was cancelled (RFC 3261 9.1): a 2xx won the race and wants ACK and BYE. */
function onResponseAfterCancel(turn: Turn, exchange: Exchange, response: SipResponse) {
	if (response.status < 200) return
	if (response.status >= 300) return closeCancelled(turn, exchange)
	stopTimer(turn, `cancel:${exchange.id}`)
	focusOnLost(turn, response)
	confirmCallee(turn, exchange, response, 'closing')
	const acceptedTag = turn.state.legs.callee.dialog?.remoteTag
	acknowledge(turn, { ...exchange, phase: 'acknowledged', acceptedTag })
	sendBye(turn, 'callee', dialogRequest(turn, 'callee', 'BYE', {}))
}

/** The cancelled INVITE is over. */
export function closeCancelled(turn: Turn, exchange: Exchange): void {
	stopTimer(turn, `cancel:${exchange.id}`)
	dropExchange(turn, exchange.id)
	updateLeg(turn, 'callee', { phase: 'closed' })
}
