import { formatNameAddr, parseNameAddr } from '../address/name-addr.ts'
import { buildRequest, type HeaderPair } from '../message/build.ts'
import { withoutControlBytes } from '../message/control-bytes.ts'
import { formatCSeq } from '../message/cseq.ts'
import type { SipRequest } from '../message/message.ts'
import { nextMaxForwards } from './passing.ts'
import { ANONYMOUS } from './privacy.ts'
import { cseqNumber } from './turn.ts'

export interface CalleeInvite {
	readonly callerInvite: SipRequest
	readonly requestUri: string
	/** Route values on the way to the callee. */
	readonly routes: readonly string[]
	/** From value with our tag. */
	readonly from: string
	/** To value, where it is not the caller's. */
	readonly to?: string | undefined
	readonly callId: string
	/** Our Contact value on this leg. */
	readonly contact: string
	/** All that is not named above. */
	readonly headers: readonly HeaderPair[]
}

/** An INVITE that goes on to the callee, without Via. CSeq number and body are the caller's, and so is To unless given. */
export function buildCalleeInvite(parts: CalleeInvite): SipRequest {
	const { callerInvite, requestUri: uri } = parts
	const headers: HeaderPair[] = [
		...parts.routes.map((route): HeaderPair => ['Route', route]),
		// Nothing left of it: the next hop says so with its 483, which is passed back.
		['Max-Forwards', String(nextMaxForwards(callerInvite) ?? 0)],
		['From', parts.from],
		['To', withTag(parts.to ?? callerInvite.headers.get('To') ?? '', undefined)],
		['Call-ID', parts.callId],
		['CSeq', formatCSeq(cseqNumber(callerInvite), 'INVITE')],
		['Contact', parts.contact],
		...parts.headers,
	]
	return buildRequest({ method: 'INVITE', uri, headers, body: callerInvite.body })
}

/** A From or To value with that tag in place of its own; undefined takes the tag away. */
export function withTag(party: string, tag: string | undefined): string {
	const address = parseNameAddr(party) ?? parseNameAddr(ANONYMOUS)
	if (!address) return party
	const params = new Map(address.params)
	params.delete('tag')
	if (tag !== undefined) params.set('tag', tag)
	return withoutControlBytes(formatNameAddr({ ...address, params }))
}
