import { buildResponse, type HeaderPair } from '../message/build.ts'
import type { SipResponse } from '../message/message.ts'
import { transactionTimeout } from '../transaction/timer-values.ts'
import { sendBye } from './byes.ts'
import { endOtherForks, forkInFocus, stopWaiting } from './forks.ts'
import { dialogRequest } from './relaying.ts'
import { respondToOrigin } from './responses.ts'
import { acknowledge, settle2xx } from './success-responses.ts'
import {
	allExchanges,
	dropExchange,
	initialExchange,
	putExchange,
	respond,
	startTimer,
	stopTimer,
	type Turn,
	updateLeg,
} from './turn.ts'
import type { EndCause, Exchange, Leg } from './types.ts'

/** How a call ends. */
export interface Ending {
	readonly cause: EndCause
	readonly by: Leg | 'bridge'
	/** For a BYE or CANCEL to a leg that is still open. */
	readonly headers?: readonly HeaderPair[]
	readonly body?: Uint8Array
	/** The CSeq number of the BYE that is passed on. */
	readonly wantedCseq?: number
	/** Answers the caller's INVITE if it is still open; none leaves it to the owner. */
	readonly finalResponse?: SipResponse | number
	/** Why the callee leg is over, when it is that which ends an unanswered call. */
	readonly refusal?: 'response' | 'timeout' | 'transport'
}

/**
 * Ends the call on both legs, whatever each of them needs for it. Legs that the caller of this function has closed already are left
 * alone. Only the first end of a call counts.
 */
export function endCall(turn: Turn, ending: Ending): void {
	if (turn.state.ended) return
	turn.state = { ...turn.state, ended: true }
	endOtherForks(turn)
	stopWaiting(turn, forkInFocus(turn))
	for (const exchange of allExchanges(turn)) {
		abandonRequest(turn, exchange)
		close2xx(turn, exchange)
	}
	endCaller(turn, ending)
	endCallee(turn, ending)
	turn.effects.push({ type: 'ended', cause: ending.cause, by: ending.by })
}

/** RFC 3261 15.1.2: requests still open when the dialog ends are answered with 487. */
function abandonRequest(turn: Turn, exchange: Exchange): void {
	if (exchange.purpose !== 'relay' || (exchange.phase !== 'pending' && exchange.phase !== 'challenged')) return
	respondToOrigin(turn, exchange, 487)
	if (exchange.cancelled) stopTimer(turn, `cancel:${exchange.id}`)
	if (exchange.sent.method !== 'INVITE' || exchange.phase === 'challenged') dropExchange(turn, exchange.id)
	else putExchange(turn, { ...exchange, phase: 'abandoned' })
}

/**
 * A 2xx whose ACK never came from the other side is acknowledged by the bridge, so that a BYE may follow. The 2xx to the caller
 * goes on being repeated, because no BYE may be sent before its ACK (RFC 3261 15).
 */
function close2xx(turn: Turn, exchange: Exchange): void {
	if (exchange.acceptedTag === undefined) return
	const { phase } = turn.state.legs.caller
	const waiting = exchange.purpose === 'initial' && exchange.phase === 'accepted' && phase === 'confirmed'
	const left = waiting ? exchange : settle2xx(turn, exchange)
	if (!left.ack) acknowledge(turn, left)
}

function endCaller(turn: Turn, ending: Ending): void {
	const { phase } = turn.state.legs.caller
	if (phase === 'inviting') {
		refuseCaller(turn, ending)
		updateLeg(turn, 'caller', { phase: 'closed' })
	} else if (phase === 'confirmed') {
		const bye = byeFor(turn, 'caller', ending)
		if (initialExchange(turn)?.phase === 'accepted') updateLeg(turn, 'caller', { deferredBye: bye })
		else sendBye(turn, 'caller', bye)
	}
}

function refuseCaller(turn: Turn, ending: Ending): void {
	const { finalResponse, refusal } = ending
	const { origin } = initialExchange(turn) ?? {}
	if (finalResponse === undefined || !origin) return
	const { callerInvite, callerTag, options } = turn.state
	const response =
		typeof finalResponse === 'number'
			? buildResponse(callerInvite, finalResponse, undefined, { toTag: callerTag })
			: finalResponse
	if (refusal) turn.effects.push({ type: 'rejected', response, cause: refusal })
	if (options.rejections === 'relay') respond(turn, 'caller', origin.transactionId, response)
}

function endCallee(turn: Turn, ending: Ending): void {
	const { phase } = turn.state.legs.callee
	if (phase === 'inviting') cancelCallee(turn, ending.headers ?? [])
	else if (phase === 'confirmed') sendBye(turn, 'callee', byeFor(turn, 'callee', ending))
}

/** RFC 3261 9.1: after a CANCEL the INVITE has 64*T1 to end, and counts as cancelled then. */
function cancelCallee(turn: Turn, headers: readonly HeaderPair[]): void {
	const exchange = initialExchange(turn)
	if (!exchange) return
	// Its challenge ended it: there is nothing under way that a CANCEL could mean.
	if (exchange.phase === 'challenged') {
		dropExchange(turn, exchange.id)
		updateLeg(turn, 'callee', { phase: 'closed' })
		return
	}
	putExchange(turn, { ...exchange, cancelled: true, origin: undefined })
	updateLeg(turn, 'callee', { phase: 'cancelling' })
	turn.effects.push({ type: 'send-cancel', leg: 'callee', transactionId: exchange.id, headers })
	startTimer(turn, `cancel:${exchange.id}`, transactionTimeout(turn.state.options.timers))
}

function byeFor(turn: Turn, leg: Leg, ending: Ending) {
	const { headers = [], body, wantedCseq } = ending
	return dialogRequest(turn, leg, 'BYE', { headers, wantedCseq, ...(body ? { body } : {}) })
}

/** Says so, once, when both legs are closed and nothing of the bridge's own is under way. */
export function releaseWhenDone(turn: Turn): void {
	const { ended, released, legs } = turn.state
	if (!ended || released || legs.caller.phase !== 'closed' || legs.callee.phase !== 'closed') return
	if (allExchanges(turn).some(({ purpose }) => purpose === 'discard')) return
	turn.state = { ...turn.state, released: true, runningTimers: {} }
	turn.effects.push({ type: 'released' })
}
