import { tagOf } from '../address/name-addr.ts'
import { topViaOf } from '../address/via.ts'
import { parseCSeq } from './cseq.ts'
import type { Fault } from './head.ts'
import { Headers } from './headers.ts'
import { EMPTY_BODY, type SipResponse } from './message.ts'
import type { ParseErrorCode } from './parse-error.ts'
import type { StartLine } from './start-line.ts'
import { statelessTag } from './stateless-tag.ts'

/**
 * The answer to a request that cannot be accepted as it stands, or undefined when it must not or cannot be answered:
 * responses, ACK (RFC 3261 17.1.1.3), no readable top Via (nowhere to send it) or no CSeq (nothing to match it by).
 * Whatever of From, To and Call-ID is missing stays out of the reply (RFC 4475 3.3.1).
 */
export function rejectionOf(start: StartLine, headers: Headers, fault: Fault): SipResponse | undefined {
	if (start.kind !== 'request' || start.method === 'ACK') return undefined
	const cseq = headers.get('CSeq')
	if (!topViaOf(headers) || cseq === undefined) return undefined
	if (parseCSeq(cseq)?.method === 'ACK') return undefined
	const status = rejectionStatus(start.versionSupported, fault)
	const reason = status === 400 ? fault.detail : status === 505 ? 'Version Not Supported' : 'Message Too Large'
	return { kind: 'response', status, reason, headers: replyHeaders(headers, cseq), body: EMPTY_BODY }
}

const TOO_MUCH: ReadonlySet<ParseErrorCode> = new Set(['too-large', 'too-many-headers', 'too-many-parameters'])

function rejectionStatus(versionSupported: boolean, fault: Fault): number {
	if (!versionSupported) return 505
	return TOO_MUCH.has(fault.code) ? 513 : 400
}

function replyHeaders(headers: Headers, cseq: string): Headers {
	const reply = new Headers()
	for (const via of headers.all('Via')) reply.append('Via', via)
	const from = headers.get('From')
	if (from !== undefined) reply.append('From', from)
	const to = headers.get('To')
	if (to !== undefined) reply.append('To', tagOf(to) === undefined ? `${to};tag=${statelessTag(headers)}` : to)
	const callId = headers.get('Call-ID')
	if (callId !== undefined) reply.append('Call-ID', callId)
	return reply.append('CSeq', cseq)
}
