import { headerList } from '../address/list.ts'
import { tagOf } from '../address/name-addr.ts'
import { buildResponse, type HeaderPair } from '../message/build.ts'
import { withoutControlBytes } from '../message/control-bytes.ts'
import { parseDecimal } from '../message/grammar.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { passFields } from './passage.ts'
import { contactForResponse } from './passing.ts'
import { otherLeg, respond, type Turn } from './turn.ts'
import type { Exchange } from './types.ts'

/** Passes a response back to where the request came from, and returns it as it was sent. */
export function passResponse(turn: Turn, exchange: Exchange, response: SipResponse): SipResponse | undefined {
	const { origin } = exchange
	if (!origin) return undefined
	const passed = mappedResponse(turn, exchange, origin.request, response)
	respond(turn, otherLeg(exchange.to), origin.transactionId, passed)
	return passed
}

/** A response to what was sent, made into the response to the request that it came from. The caller sees our To tag, whoever answers. */
export function mappedResponse(turn: Turn, exchange: Exchange, origin: SipRequest, response: SipResponse): SipResponse {
	const { legs } = turn.state
	const contact = legs[otherLeg(exchange.to)].contact
	const headers = [
		...contactForResponse(origin.method, response, contact),
		...rseqFor(turn, exchange, response),
		...passFields(turn, exchange.to, response.headers),
	]
	const reason = withoutControlBytes(response.reason)
	return buildResponse(origin, response.status, reason, {
		toTag: callerTagFor(turn, response),
		headers,
		body: response.body,
	})
}

/** A response that makes a dialog belongs to that of the fork in focus; all others to the call. */
function callerTagFor({ state }: Turn, response: SipResponse): string {
	const makesDialog =
		response.status < 200 ? tagOf(response.headers.get('To') ?? '') !== undefined : response.status < 300
	return (makesDialog ? state.legs.caller.dialog?.localTag : undefined) ?? state.callerTag
}

/** Answers the origin of a request that got no answer, or is not waited for any more. */
export function respondToOrigin(turn: Turn, exchange: Exchange, status: number): void {
	if (!exchange.origin) return
	const { transactionId, request } = exchange.origin
	respond(turn, otherLeg(exchange.to), transactionId, buildResponse(request, status))
}

/**
 * RSeq as the caller is to see it. Its numbers rise by one within the INVITE (RFC 3262 3), so after reliable responses that the
 * owner sent before, those of the callee are counted on from there.
 */
function rseqFor(turn: Turn, exchange: Exchange, response: SipResponse): HeaderPair[] {
	const text = response.headers.get('RSeq')
	if (text === undefined) return []
	const number = parseDecimal(text, Number.MAX_SAFE_INTEGER)
	if (exchange.purpose !== 'initial' || number === undefined) return [['RSeq', text]]
	const { rseqShift, options } = turn.state
	const shift = rseqShift ?? (options.lastRSeq === undefined ? 0 : options.lastRSeq + 1 - number)
	turn.state = { ...turn.state, rseqShift: shift }
	return [['RSeq', String(number + shift)]]
}

/** True for a provisional response that wants a PRACK (RFC 3262 3). */
export function isReliable(response: SipResponse): boolean {
	return response.headers.has('RSeq') && wants100rel(response)
}

/** True when the message requires 100rel. */
export function wants100rel(message: SipRequest | SipResponse): boolean {
	return headerList(message.headers, 'Require').some((option) => option.toLowerCase() === '100rel')
}
