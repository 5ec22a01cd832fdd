import type { HeaderPair } from '../message/build.ts'
import { formatCSeq, MAX_CSEQ } from '../message/cseq.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { reasonPhrase } from '../message/reason-phrases.ts'
import { endEarlyDialogs } from './forks.ts'
import { respondToOrigin } from './responses.ts'
import { cseqNumber, dropExchange, putExchange, sendExchange, type Turn, updateLeg } from './turn.ts'
import type { Exchange } from './types.ts'

/** A proxy and the server behind it, each once more for a stale nonce; who is not content then will not be. */
const MAX_ATTEMPTS = 4

/** True for a challenge: it is answered here or not at all. */
export function isChallenge({ status }: SipResponse): boolean {
	return status === 401 || status === 407
}

/** Whether the owner is asked for credentials, and not asked in vain. */
export function maySucceed(turn: Turn, exchange: Exchange): boolean {
	return exchange.to === turn.state.options.challenges && !exchange.cancelled && exchange.attempts < MAX_ATTEMPTS
}

/** What is said of a challenge that stays unanswered to those who cannot answer it either (Reason: RFC 3326, RFC 6432). */
export function unanswered({ status, headers }: SipResponse): SipResponse {
	const fields = headers.clone().remove('WWW-Authenticate').remove('Proxy-Authenticate')
	fields.append('Reason', `SIP;cause=${status};text="Not authenticated"`)
	return { kind: 'response', status: 403, reason: reasonPhrase(403), headers: fields, body: new Uint8Array() }
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
	// The challenge ended what early dialogs the INVITE had made (RFC 3261 12.3).
	const sent = authorized(turn, exchange, headers)
	if (purpose === 'initial') endEarlyDialogs(turn)
	const repeated = sendExchange(turn, { purpose, to, origin, sent })
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
	respondToOrigin(turn, exchange, 487)
	dropExchange(turn, exchange.id)
}
