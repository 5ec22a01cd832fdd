import { tagOf } from '../address/name-addr.ts'
import { paramText } from '../address/params.ts'
import { topVia, type Via } from '../address/via.ts'
import { parseCSeq } from '../message/cseq.ts'
import type { SipMessage, SipRequest } from '../message/message.ts'

/** Every branch made under RFC 3261 begins with this (8.1.1.7); others are only unique within RFC 2543's rules. */
export const BRANCH_COOKIE = 'z9hG4bK'

/**
 * Which client transaction a request starts, or a response belongs to (RFC 3261 17.1.3): the branch of the topmost Via and
 * the method in CSeq, since a CANCEL has the branch of what it cancels. Undefined when either is missing.
 */
export function clientTransactionKey(message: SipMessage): string | undefined {
	const branch = branchOf(topVia(message))
	const method = parseCSeq(message.headers.get('CSeq') ?? '')?.method
	if (!branch || method === undefined) return undefined
	return `${branch.toLowerCase()} ${method}`
}

/**
 * Which server transaction a request belongs to (RFC 3261 17.2.3): branch and sent-by of the topmost Via, and the method,
 * an ACK counting as its INVITE. Without the magic cookie the rules of RFC 2543 hold. Undefined when the request has no
 * readable Via or CSeq.
 */
export function serverTransactionKey(request: SipRequest): string | undefined {
	return keyFor(request, request.method === 'ACK' ? 'INVITE' : request.method)
}

/** The key of the INVITE transaction that a CANCEL means (RFC 3261 9.2: matched as if its method were that of the request). */
export function cancelledTransactionKey(cancel: SipRequest): string | undefined {
	return keyFor(cancel, 'INVITE')
}

function keyFor(request: SipRequest, method: string): string | undefined {
	const via = topVia(request)
	if (!via) return undefined
	const branch = branchOf(via)
	// The cookie alone identifies nothing (RFC 4475 3.2.1).
	if (branch?.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length)
		return `${branch.toLowerCase()} ${sentBy(via)} ${method}`
	return oldKey(request, via, method)
}

/**
 * 17.2.3, for peers of RFC 2543: Request-URI, tags, Call-ID, CSeq number and topmost Via. The To tag is left out for INVITE
 * because its ACK carries the tag of our response instead; no two INVITEs differ in nothing else.
 */
function oldKey(request: SipRequest, via: Via, method: string): string | undefined {
	const { headers } = request
	const cseq = parseCSeq(headers.get('CSeq') ?? '')
	if (!cseq) return undefined
	const toTag = method === 'INVITE' ? '' : (tagOf(headers.get('To') ?? '') ?? '')
	const fromTag = tagOf(headers.get('From') ?? '') ?? ''
	const hop = `${via.transport} ${sentBy(via)} ${branchOf(via) ?? ''}`
	return [request.uri, fromTag, toTag, headers.get('Call-ID') ?? '', cseq.number, hop, method].join('\n')
}

function sentBy(via: Via): string {
	return `${via.host.toLowerCase()}:${via.port ?? ''}`
}

function branchOf(via: Via | undefined): string | undefined {
	return via && paramText(via.params, 'branch')
}
