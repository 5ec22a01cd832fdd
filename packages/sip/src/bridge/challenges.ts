import type { HeaderPair } from '../message/build.ts'
import { formatCSeq, MAX_CSEQ } from '../message/cseq.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { answerOrigin } from './responses.ts'
import { cseqNumber, dropExchange, putExchange, sendExchange, type Turn, updateLeg } from './turn.ts'
import type { Exchange } from './types.ts'

/** Once with credentials, and once more for a stale nonce; a server that is not content then will not be. */
const MAX_ATTEMPTS = 2

/** True for a challenge of the upstream server that the owner is to answer. */
export function wantsCredentials(turn: Turn, exchange: Exchange, response: SipResponse): boolean {
	if ((response.status !== 401 && response.status !== 407) || exchange.cancelled) return false
	return turn.state.options.challenges === 'ask' && exchange.to === 'upstream' && exchange.attempts < MAX_ATTEMPTS
}

export function askForCredentials(turn: Turn, exchange: Exchange, response: SipResponse): void {
	putExchange(turn, { ...exchange, phase: 'challenged', response })
	const { to: leg, id: transactionId, sent: request } = exchange
	turn.effects.push({ type: 'challenged', leg, transactionId, request, response })
}

/** Repeats a challenged request with credentials: a new transaction with the next CSeq number (RFC 3261 22.2). */
export function repeatWithCredentials(turn: Turn, exchange: Exchange, headers: readonly HeaderPair[]): void {
	dropExchange(turn, exchange.id)
	const { purpose, to, origin, attempts } = exchange
	const repeated = sendExchange(turn, { purpose, to, origin, sent: authorized(turn, exchange, headers) })
	putExchange(turn, { ...repeated, attempts: attempts + 1 })
}

function authorized(turn: Turn, exchange: Exchange, headers: readonly HeaderPair[]): SipRequest {
	const { sent, to } = exchange
	const { dialog } = turn.state.legs[to]
	const number = Math.min(Math.max(dialog?.localSeq ?? 0, cseqNumber(sent)) + 1, MAX_CSEQ)
	if (dialog) updateLeg(turn, to, { dialog: { ...dialog, localSeq: number } })
	const fields = sent.headers.clone().remove('Authorization').remove('Proxy-Authorization')
	fields.set('CSeq', formatCSeq(number, sent.method))
	for (const [name, value] of headers) fields.append(name, value)
	return { ...sent, headers: fields }
}

/** A challenged INVITE was cancelled by its originator: there is nothing under way that a CANCEL could mean. */
export function cancelChallenged(turn: Turn, exchange: Exchange): void {
	answerOrigin(turn, exchange, 487)
	dropExchange(turn, exchange.id)
}
