import { isTargetRefresh } from '../dialog/target.ts'
import type { HeaderPair } from '../message/build.ts'
import { canonicalHeaderName } from '../message/header-names.ts'
import type { Headers } from '../message/headers.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'

/**
 * Header fields that belong to one leg and never pass through the bridge. What is not listed passes untouched and in order: SDP
 * and its description, Allow and Supported, session timers (RFC 4028), and everything unknown.
 */
const OF_ONE_LEG: ReadonlySet<string> = new Set([
	'via',
	'from',
	'to',
	'call-id',
	'cseq',
	'max-forwards',
	'route',
	'record-route',
	'contact',
	'content-length',
	'authorization',
	'proxy-authorization',
	// Numbers of one leg, written anew (RFC 3262).
	'rack',
	'rseq',
])

/** The fields of a message that go through, in order, without those named in `besides` (lower case). */
export function passingHeaders(headers: Headers, besides: ReadonlySet<string> = new Set()): HeaderPair[] {
	const passing: HeaderPair[] = []
	for (const { name, value } of headers) {
		const canonical = canonicalHeaderName(name)
		if (!OF_ONE_LEG.has(canonical) && !besides.has(canonical)) passing.push([name, value])
	}
	return passing
}

/** Our Contact for a request that is passed on: where the method asks for one (RFC 3261 12.2.1.1), or the sender gave one. */
export function contactForRequest(request: SipRequest, contact: string): HeaderPair[] {
	return isTargetRefresh(request.method) || request.headers.has('Contact') ? [['Contact', contact]] : []
}

/**
 * The Contact for a response that is passed back: ours where it would be a remote target, the sender's where it is an
 * address to try instead (3xx, 485; RFC 3261 20.10).
 */
export function contactForResponse(method: string, response: SipResponse, contact: string): HeaderPair[] {
	if (response.status >= 300) return response.headers.all('Contact').map((value): HeaderPair => ['Contact', value])
	return method === 'INVITE' || response.headers.has('Contact') ? [['Contact', contact]] : []
}

/** Max-Forwards for the next hop, or undefined when the request has come to its end and wants a 483 (RFC 3261 16.3). */
export function nextMaxForwards(request: SipRequest): number | undefined {
	const text = request.headers.get('Max-Forwards')
	if (text === undefined) return 70
	const hops = /^\d{1,3}$/.test(text) ? Math.min(Number(text), 255) : 70
	return hops === 0 ? undefined : hops - 1
}
