import { callIdOf, parseCSeq, type SipRequest, tagOf } from '@vigil/sip'

/** The same for the same INVITE by whatever way it comes (RFC 3261 8.2.2.2). */
export function inviteKey(request: SipRequest): string {
	const fromTag = tagOf(request.headers.get('From') ?? '') ?? ''
	const cseq = parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
	return `${callIdOf(request)} ${fromTag} ${cseq}`
}
