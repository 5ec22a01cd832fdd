import { buildRequest, type HeaderPair, type SipRequest } from '@vigil/sip'

export interface RequestChange {
	readonly callId?: string
	readonly cseq?: number
	readonly body?: string
	readonly headers?: readonly HeaderPair[]
}

/** A request without Via, as a transaction user makes it. */
export function request(method: string, change: RequestChange = {}): SipRequest {
	const { callId = 'call-1', cseq = 1, body = '', headers = [] } = change
	return buildRequest({
		method,
		uri: 'sip:bob@192.0.2.2',
		headers: [
			['Max-Forwards', '70'],
			['From', '<sip:alice@example.com>;tag=a1'],
			['To', '<sip:bob@example.com>'],
			['Call-ID', callId],
			['CSeq', `${cseq} ${method}`],
			...headers,
		],
		body,
	})
}

/** A request as bytes on the wire, with a Via that names `host`. */
export function wireRequest(
	method: string,
	host: string,
	change: { via?: string; headers?: string; body?: string } = {},
): string {
	const { via = `SIP/2.0/TCP ${host};branch=z9hG4bKwire1;rport`, headers = '', body = '' } = change
	return [
		`${method} sip:bob@192.0.2.2 SIP/2.0`,
		`Via: ${via}`,
		'Max-Forwards: 70',
		'From: <sip:alice@example.com>;tag=a1',
		'To: <sip:bob@example.com>',
		'Call-ID: wire-1',
		`CSeq: 1 ${method}`,
		`${headers}Content-Length: ${Buffer.byteLength(body)}`,
		'',
		body,
	].join('\r\n')
}
