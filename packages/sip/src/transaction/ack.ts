import { splitList } from '../address/list.ts'
import type { HeaderPair } from '../message/build.ts'
import { formatCSeq, parseCSeq } from '../message/cseq.ts'
import { Headers } from '../message/headers.ts'
import { EMPTY_BODY, type SipRequest, type SipResponse } from '../message/message.ts'

const MAX_FORWARDS = '70'

/**
 * The ACK for a final response from 300 to 699 (RFC 3261 17.1.1.3): Request-URI, Call-ID, From, the one topmost Via, CSeq
 * number and Route of the INVITE as it was sent, and the To of the response, which has the tag. It has no body.
 */
export function ackForRejection(invite: SipRequest, response: SipResponse): SipRequest {
	return hopRequest('ACK', invite, response.headers.get('To') ?? invite.headers.get('To') ?? '')
}

/**
 * The CANCEL for a request that was sent (RFC 3261 9.1): everything that identifies it is the request's, the topmost Via with
 * its branch included, so that it takes the same way. `headers` are added, for example Reason.
 *
 * It must not go out before a provisional response came, nor after a final one; that is the sender's to know.
 */
export function buildCancel(request: SipRequest, headers: readonly HeaderPair[] = []): SipRequest {
	const cancel = hopRequest('CANCEL', request, request.headers.get('To') ?? '')
	for (const [name, value] of headers) cancel.headers.append(name, value)
	return cancel
}

/** A request that belongs to another one's hop: same topmost Via, same Route, same dialog identifiers, same CSeq number. */
function hopRequest(method: 'ACK' | 'CANCEL', request: SipRequest, to: string): SipRequest {
	const source = request.headers
	const headers = new Headers()
	const via = splitList(source.get('Via') ?? '')[0]
	if (via !== undefined) headers.append('Via', via)
	headers.append('Max-Forwards', MAX_FORWARDS)
	for (const route of source.all('Route')) headers.append('Route', route)
	headers.append('From', source.get('From') ?? '')
	headers.append('To', to)
	headers.append('Call-ID', source.get('Call-ID') ?? '')
	const number = parseCSeq(source.get('CSeq') ?? '')?.number ?? 0
	headers.append('CSeq', formatCSeq(number, method))
	return { kind: 'request', method, uri: request.uri, headers, body: EMPTY_BODY }
}
