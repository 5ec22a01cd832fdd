import { refreshTarget } from '../dialog/target.ts'
import { parseCSeq } from '../message/cseq.ts'
import type { SipResponse } from '../message/message.ts'
import { closeAfterBye } from './byes.ts'
import { askForCredentials, isChallenge, maySucceed, unanswered } from './challenges.ts'
import { endCall } from './ending.ts'
import { endFork, focusOnExchange, liveForks } from './forks.ts'
import { onInitialFailure, onInitialResponse } from './initial.ts'
import { passResponse, respondToOrigin } from './responses.ts'
import { acknowledge, onRepeated2xx, pass2xx } from './success-responses.ts'
import { allExchanges, cseqNumber, dropExchange, stopTimer, type Turn, updateLeg } from './turn.ts'
import type { EndCause, Exchange, Leg } from './types.ts'

/** A response to a request that the bridge sent. */
export function onResponse(turn: Turn, leg: Leg, transactionId: string | undefined, response: SipResponse) {
	const exchange = transactionId === undefined ? inviteFor(turn, leg, response) : turn.state.exchanges[transactionId]
	if (!exchange || exchange.to !== leg || exchange.phase === 'challenged') return
	focusOnExchange(turn, exchange)
	if (exchange.phase !== 'pending' || !isChallenge(response)) {
		return deliverResponse(turn, exchange, response)
	}
	if (maySucceed(turn, exchange)) askForCredentials(turn, exchange, response)
	else deliverResponse(turn, exchange, unanswered(response))
}

/** The INVITE that a 2xx without a client transaction belongs to: by its CSeq number. */
function inviteFor(turn: Turn, leg: Leg, response: SipResponse): Exchange | undefined {
	const cseq = parseCSeq(response.headers.get('CSeq') ?? '')
	if (cseq?.method !== 'INVITE') return undefined
	return allExchanges(turn).find(
		({ to, sent }) => to === leg && sent.method === 'INVITE' && cseqNumber(sent) === cseq.number,
	)
}

/** A response that is for the exchange itself, not for its credentials. */
export function deliverResponse(turn: Turn, exchange: Exchange, response: SipResponse) {
	switch (exchange.purpose) {
		case 'initial':
			return onInitialResponse(turn, exchange, response)
		case 'relay':
			return onRelayResponse(turn, exchange, response)
		case 'bye':
			if (response.status >= 200) closeAfterBye(turn, exchange)
			return
		case 'discard':
		case 'prack':
			if (response.status >= 200) dropExchange(turn, exchange.id)
	}
}

function onRelayResponse(turn: Turn, exchange: Exchange, response: SipResponse) {
	if (exchange.phase === 'abandoned') return onAbandonedResponse(turn, exchange, response)
	if (exchange.phase !== 'pending') return onRepeated2xx(turn, exchange, response)
	if (response.status <= 100) return
	if (response.status < 200) passResponse(turn, exchange, response)
	else onRelayFinal(turn, exchange, response)
}

function onRelayFinal(turn: Turn, exchange: Exchange, response: SipResponse) {
	const { method } = exchange.sent
	if (exchange.cancelled) stopTimer(turn, `cancel:${exchange.id}`)
	const success = response.status < 300
	const { dialog } = turn.state.legs[exchange.to]
	if (success && dialog) updateLeg(turn, exchange.to, { dialog: refreshTarget(dialog, response, method) })
	if (success && method === 'INVITE') return pass2xx(turn, exchange, response)
	passResponse(turn, exchange, response)
	dropExchange(turn, exchange.id)
	const cause = dialogLoss(method, response.status)
	if (cause) onLegLoss(turn, exchange.to, cause)
}

/** Methods of dialog usages of their own: a 481 to them means that usage, or an already acknowledged response, and not the call (RFC 5057 5.1, RFC 3262 3). */
const OTHER_USAGES: ReadonlySet<string> = new Set(['NOTIFY', 'SUBSCRIBE', 'PRACK'])

/** 12.2.1.2: 481 and 408 to a request in a dialog end it. */
function dialogLoss(method: string, status: number): EndCause | undefined {
	if (status === 408) return 'timeout'
	return status === 481 && !OTHER_USAGES.has(method) ? 'dialog-gone' : undefined
}

function onLegLoss(turn: Turn, leg: Leg, cause: EndCause) {
	// One of several ends that ring is lost.
	if (liveForks(turn).length > 1) return endFork(turn)
	// Who knows no such dialog needs no BYE for it.
	if (cause === 'dialog-gone' && turn.state.legs[leg].phase === 'confirmed') updateLeg(turn, leg, { phase: 'closed' })
	endCall(turn, { cause, by: leg, finalResponse: 480, ...(leg === 'callee' ? { refusal: 'response' } : {}) })
}

/** Its originator has its answer; a 2xx to an INVITE wants an ACK all the same. */
function onAbandonedResponse(turn: Turn, exchange: Exchange, response: SipResponse): void {
	if (response.status < 200) return
	if (response.status < 300) acknowledge(turn, exchange)
	else dropExchange(turn, exchange.id)
}

/** A request got no final response in time, or could not be sent. */
export function onFailed(turn: Turn, leg: Leg, transactionId: string, cause: 'timeout' | 'transport') {
	const exchange = turn.state.exchanges[transactionId]
	if (!exchange || exchange.to !== leg) return
	focusOnExchange(turn, exchange)
	switch (exchange.purpose) {
		case 'initial':
			return onInitialFailure(turn, exchange, cause)
		case 'relay':
			return onRelayFailure(turn, exchange, cause)
		case 'bye':
			return closeAfterBye(turn, exchange)
		case 'discard':
		case 'prack':
			return dropExchange(turn, exchange.id)
	}
}

/**
 * 12.2.1.2: no answer at all ends the dialog as 408 or 481 would. The originator hears 408 for an INVITE; a 408 to anything
 * else is forbidden (RFC 4320 4.2), so it hears 481.
 */
function onRelayFailure(turn: Turn, exchange: Exchange, cause: 'timeout' | 'transport') {
	if (exchange.phase === 'abandoned') return dropExchange(turn, exchange.id)
	if (exchange.phase !== 'pending') return
	if (exchange.cancelled) stopTimer(turn, `cancel:${exchange.id}`)
	respondToOrigin(turn, exchange, exchange.sent.method === 'INVITE' ? 408 : 481)
	dropExchange(turn, exchange.id)
	onLegLoss(turn, exchange.to, cause)
}
