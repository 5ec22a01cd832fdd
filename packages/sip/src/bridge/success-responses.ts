import { tagOf } from '../address/name-addr.ts'
import { dialogId, receivedDialogId } from '../dialog/identity.ts'
import { buildAckFor2xx, type InDialogParts } from '../dialog/requests.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { transactionTimeout } from '../transaction/timer-values.ts'
import { sendDeferredBye } from './byes.ts'
import { discardResponse } from './discarded-response.ts'
import { lostDialog, rememberLost } from './forks.ts'
import { passFields } from './passage.ts'
import { nextMaxForwards } from './passing.ts'
import { passResponse } from './responses.ts'
import {
	allExchanges,
	cseqNumber,
	dropExchange,
	otherLeg,
	putExchange,
	respond,
	sendExchange,
	startTimer,
	stopTimer,
	type Turn,
} from './turn.ts'
import type { Exchange, Leg } from './types.ts'

/**
 * Passes a 2xx to an INVITE back, and repeats it until the ACK comes, from T1 to T2, on reliable transports too
 * (RFC 3261 13.3.1.4). The other side's ACK waits for that ACK, since it may carry the SDP answer.
 */
export function pass2xx(turn: Turn, exchange: Exchange, response: SipResponse): void {
	const { timers } = turn.state.options
	forgetOlder2xx(turn, exchange)
	const passed = passResponse(turn, exchange, response)
	const accepted: Exchange = { ...exchange, phase: 'accepted', response: passed, acceptedTag: toTag(response) }
	putExchange(turn, { ...accepted, intervalMs: timers.t1 })
	startTimer(turn, `repeat:${exchange.id}`, timers.t1)
	startTimer(turn, `ack:${exchange.id}`, transactionTimeout(timers))
}

/** 13.3.1.4: the interval doubles until T2. */
export function repeat2xx(turn: Turn, exchange: Exchange): void {
	if (exchange.phase !== 'accepted' || !exchange.origin || !exchange.response) return
	const intervalMs = Math.min(2 * exchange.intervalMs, turn.state.options.timers.t2)
	respond(turn, otherLeg(exchange.to), exchange.origin.transactionId, exchange.response)
	putExchange(turn, { ...exchange, intervalMs })
	startTimer(turn, `repeat:${exchange.id}`, intervalMs)
}

/** An ACK for a 2xx that was passed back: it goes on to whoever answered, body and all. Repeated ones are dropped. */
export function onAck(turn: Turn, leg: Leg, ack: SipRequest): void {
	const exchange = allExchanges(turn).find(
		({ phase, to, origin }) =>
			phase === 'accepted' && to !== leg && origin && cseqNumber(origin.request) === cseqNumber(ack),
	)
	if (!exchange || !isOfLeg(turn, leg, ack)) return
	const settled = settle2xx(turn, exchange)
	if (!settled.ack) {
		const maxForwards = nextMaxForwards(ack) ?? 0
		acknowledge(turn, settled, { headers: passFields(turn, leg, ack.headers), body: ack.body, maxForwards })
	}
	if (exchange.purpose === 'initial') sendDeferredBye(turn, leg)
}

/** Stops repeating a 2xx: its ACK came, or will not be waited for any longer. */
export function settle2xx(turn: Turn, exchange: Exchange): Exchange {
	if (exchange.phase !== 'accepted') return exchange
	const settled: Exchange = { ...exchange, phase: 'acknowledged' }
	putExchange(turn, settled)
	stopTimer(turn, `repeat:${exchange.id}`)
	stopTimer(turn, `ack:${exchange.id}`)
	return settled
}

/** Sends the ACK for the 2xx to an INVITE that we sent (13.2.2.4), and keeps it to repeat it. */
export function acknowledge(turn: Turn, exchange: Exchange, parts: Omit<InDialogParts, 'cseq'> = {}): void {
	const { dialog } = turn.state.legs[exchange.to]
	if (!dialog) return
	const ack = buildAckFor2xx(dialog, exchange.sent, parts)
	putExchange(turn, { ...exchange, ack })
	turn.effects.push({ type: 'send-ack', leg: exchange.to, ack })
}

/** 13.2.2.4: a repeated 2xx wants its ACK again; one of another branch makes a call that nobody wants. */
export function onRepeated2xx(turn: Turn, exchange: Exchange, response: SipResponse) {
	if (response.status < 200 || response.status >= 300) return
	if (toTag(response) !== exchange.acceptedTag) return discardBranch(turn, exchange, response)
	if (exchange.ack) turn.effects.push({ type: 'send-ack', leg: exchange.to, ack: exchange.ack })
}

function discardBranch(turn: Turn, exchange: Exchange, response: SipResponse): void {
	if (exchange.purpose !== 'initial' || turn.state.released) return
	const known = lostDialog(turn, response)
	const discard = discardResponse(exchange.sent, response, [], known?.localSeq)
	if (!discard) return
	const hasItsBye = known?.state === 'confirmed'
	if (!hasItsBye && !rememberLost(turn, discard.dialog)) return
	turn.effects.push({ type: 'send-ack', leg: exchange.to, ack: discard.ack })
	if (!hasItsBye) sendExchange(turn, { purpose: 'discard', to: exchange.to, sent: discard.bye, origin: undefined })
}

/** A newer INVITE in the same direction was answered, so the ACK of the last one has arrived. */
function forgetOlder2xx(turn: Turn, newer: Exchange): void {
	for (const { id, phase, to, purpose } of allExchanges(turn)) {
		if (phase === 'acknowledged' && to === newer.to && purpose === 'relay') dropExchange(turn, id)
	}
}

/** True when the message belongs to the dialog of that leg. */
export function isOfLeg(turn: Turn, leg: Leg, message: SipRequest): boolean {
	const { dialog } = turn.state.legs[leg]
	return dialog !== undefined && receivedDialogId(message) === dialogId(dialog)
}

function toTag(response: SipResponse): string {
	return tagOf(response.headers.get('To') ?? '') ?? ''
}
