/** One INVITE as raw text, and what may follow it. */
export interface RawInvite {
	readonly target: string
	readonly callId: string
	/** `host:port` of whoever sends it. */
	readonly from: string
}

/** The request of that method in the INVITE's transaction; `toTag` for the ACK of a refusal. */
export function rawRequest(
	method: 'INVITE' | 'CANCEL' | 'ACK',
	{ target, callId, from }: RawInvite,
	toTag = '',
): string {
	const isInvite = method === 'INVITE'
	const body = isInvite
		? 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
		: ''
	return [
		`${method} ${target} SIP/2.0`,
		`Via: SIP/2.0/UDP ${from};rport;branch=z9hG4bK-${callId}`,
		'Max-Forwards: 70',
		`From: <sip:caller@${from}>;tag=${callId}`,
		`To: <${target}>${toTag}`,
		`Call-ID: ${callId}`,
		`CSeq: 1 ${method}`,
		...(isInvite ? [`Contact: <sip:caller@${from}>`, 'Content-Type: application/sdp'] : []),
		`Content-Length: ${body.length}`,
		'',
		body,
	].join('\r\n')
}
