import { inDialogRequest } from '../dialog/requests.ts'
import { buildResponse, type HeaderPair } from '../message/build.ts'
import { parseDecimal } from '../message/grammar.ts'
import type { SipRequest } from '../message/message.ts'
import { passFields } from './passage.ts'
import { contactForRequest, nextMaxForwards } from './passing.ts'
import { allExchanges, cseqNumber, otherLeg, respond, sendExchange, type Turn, updateLeg } from './turn.ts'
import type { Leg } from './types.ts'

/** Passes a request of one leg on to the other, in a client transaction of its own. */
export function relayRequest(turn: Turn, from: Leg, transactionId: string, request: SipRequest) {
	const to = otherLeg(from)
	const maxForwards = nextMaxForwards(request)
	if (maxForwards === undefined) return refuse(turn, from, transactionId, request, 483)
	// The callee has not shown a dialog yet. RFC 3311 5.2 gives a too early UPDATE this answer; it fits the others too.
	if (!turn.state.legs[to].dialog) return refuse(turn, from, transactionId, request, 500, [['Retry-After', '3']])
	const headers = [
		...contactForRequest(request, turn.state.legs[to].contact),
		...rackFor(turn, to, request),
		...passFields(turn, from, request.headers),
	]
	const parts = { headers, body: request.body, maxForwards, wantedCseq: cseqNumber(request) }
	const sent = dialogRequest(turn, to, request.method, parts)
	sendExchange(turn, { purpose: 'relay', to, sent, origin: { transactionId, request } })
}

/** Answers a request on its own leg. */
export function refuse(
	turn: Turn,
	leg: Leg,
	transactionId: string,
	request: SipRequest,
	status: number,
	headers: readonly HeaderPair[] = [],
): void {
	respond(turn, leg, transactionId, buildResponse(request, status, undefined, { headers }))
}

export interface DialogRequestParts {
	readonly headers?: readonly HeaderPair[]
	readonly body?: Uint8Array
	readonly maxForwards?: number
	/** The CSeq number that the request had on the other leg; none for requests of the bridge itself. */
	readonly wantedCseq?: number | undefined
}

/**
 * Makes a request of a leg's dialog. A CSeq number passes through unchanged as long as the bridge has sent nothing of its own on that
 * leg; from then on it may be higher, since the numbers must keep rising (RFC 3261 12.2.1.1).
 */
export function dialogRequest(turn: Turn, leg: Leg, method: string, parts: DialogRequestParts): SipRequest {
	const { dialog } = turn.state.legs[leg]
	if (!dialog) throw new Error(`the ${leg} leg has no dialog yet`)
	const { wantedCseq = 1, headers = [], body, maxForwards } = parts
	const made = inDialogRequest(dialog, method, {
		cseq: dialog.localSeq === undefined ? wantedCseq : Math.max(wantedCseq, dialog.localSeq + 1),
		headers,
		...(body ? { body } : {}),
		...(maxForwards === undefined ? {} : { maxForwards }),
	})
	updateLeg(turn, leg, { dialog: made.dialog })
	return made.request
}

/** RAck (RFC 3262 7.2) with the numbers that the INVITE and its reliable response have on the other leg. */
function rackFor(turn: Turn, to: Leg, request: SipRequest): HeaderPair[] {
	const rack = request.headers.get('RAck')
	if (rack === undefined) return []
	const [rseqText = '', cseqText = '', method = ''] = rack.split(/[ \t]+/)
	const rseq = parseDecimal(rseqText, Number.MAX_SAFE_INTEGER)
	const cseq = parseDecimal(cseqText, Number.MAX_SAFE_INTEGER)
	if (rseq === undefined || cseq === undefined) return [['RAck', rack]]
	const invite = allExchanges(turn).find(
		({ to: target, origin }) =>
			target === to && origin?.request.method === method && cseqNumber(origin.request) === cseq,
	)
	const rseqShift = invite?.purpose === 'initial' ? (turn.state.rseqShift ?? 0) : 0
	return [['RAck', `${rseq - rseqShift} ${invite ? cseqNumber(invite.sent) : cseq} ${method}`]]
}
