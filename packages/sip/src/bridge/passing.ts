import { splitList } from '../address/list.ts'
import { isTargetRefresh } from '../dialog/target.ts'
import type { HeaderPair } from '../message/build.ts'
import { withoutControlBytes } from '../message/control-bytes.ts'
import { canonicalHeaderName } from '../message/header-names.ts'
import type { Headers } from '../message/headers.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { type FieldRule, HOP_OPTIONS, ruleOf } from './field-rules.ts'
import { isWithheld, type Privacy, withoutPrivateEntries } from './privacy.ts'

/** Which border a message crosses: a device stands outside of the trust domain (RFC 3325 2), SIP servers within. */
export interface Passage {
	readonly direction: 'to-device' | 'from-device' | 'trusted'
	/** What the sender wants kept back from those outside. */
	readonly privacy: Privacy | undefined
}

/** The fields of a message that go through by `FIELD_RULES`, in order, without those named in `besides` (lower case). */
export function passingHeaders(
	headers: Headers,
	passage: Passage,
	besides: ReadonlySet<string> = new Set(),
): HeaderPair[] {
	const passing: HeaderPair[] = []
	for (const { name, value } of headers) {
		const canonical = canonicalHeaderName(name)
		if (besides.has(canonical)) continue
		const passed = passingValue(canonical, value, passage)
		if (passed !== undefined) passing.push([name, withoutControlBytes(passed)])
	}
	return passing
}

function passingValue(name: string, value: string, passage: Passage): string | undefined {
	if (name === 'require' || name === 'supported') return withoutOptions(value, HOP_OPTIONS)
	const rule = ruleOf(name)
	if (!rule) return value
	if (!mayPass(rule, passage)) return undefined
	return passage.direction === 'to-device' ? withoutPrivateEntries(name, value) : value
}

function mayPass(rule: FieldRule, { direction, privacy }: Passage): boolean {
	if (rule.reach === 'leg') return false
	if (direction === 'trusted') return true
	if (rule.reach === 'trust-domain') return false
	if (direction === 'from-device') return rule.reach !== 'to-device'
	return rule.reach !== 'to-network' && !isWithheld(rule, privacy)
}

/** A list of option tags without some of them; undefined when none is left, and unchanged when it has none of them. */
export function withoutOptions(value: string, options: ReadonlySet<string>): string | undefined {
	const all = splitList(value)
	const left = all.filter((option) => !options.has(option.toLowerCase()))
	if (left.length === all.length) return value
	return left.length > 0 ? left.join(', ') : undefined
}

/** Why a request ends a call, for the CANCEL that takes it to the other leg (RFC 3326). */
export function reasonHeaders({ headers }: SipRequest): HeaderPair[] {
	return headers.all('Reason').map((value): HeaderPair => ['Reason', withoutControlBytes(value)])
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
	if (response.status >= 300)
		return response.headers.all('Contact').map((value): HeaderPair => ['Contact', withoutControlBytes(value)])
	return method === 'INVITE' || response.headers.has('Contact') ? [['Contact', contact]] : []
}

/** Max-Forwards for the next hop, or undefined when the request has come to its end and wants a 483 (RFC 3261 16.3). */
export function nextMaxForwards(request: SipRequest): number | undefined {
	const text = request.headers.get('Max-Forwards')
	if (text === undefined) return 70
	const hops = /^\d{1,3}$/.test(text) ? Math.min(Number(text), 255) : 70
	return hops === 0 ? undefined : hops - 1
}
