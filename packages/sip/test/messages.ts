import { Headers } from '../src/message/headers.ts'
import { EMPTY_BODY, type SipRequest, type SipResponse } from '../src/message/message.ts'

type Fields = readonly (readonly [name: string, value: string])[]

/** A request of a caller, good enough for the machines; `fields` replace or add header fields. */
export function request(method: string, fields: Fields = [], body: Uint8Array = EMPTY_BODY): SipRequest {
	const headers = new Headers([
		{ name: 'Via', value: 'SIP/2.0/UDP caller.example:5062;branch=z9hG4bK-1' },
		{ name: 'Max-Forwards', value: '70' },
		{ name: 'From', value: '"Ann" <sip:ann@upstream.example>;tag=caller' },
		{ name: 'To', value: '<sip:bob@upstream.example>' },
		{ name: 'Call-ID', value: 'call-1@upstream.example' },
		{ name: 'CSeq', value: `1 ${method}` },
	])
	for (const [name, value] of fields) headers.set(name, value)
	return { kind: 'request', method, uri: 'sip:bob@service.example', headers, body }
}

/** The answer of a peer to `request`, as it would come off the wire. */
export function response(
	request: SipRequest,
	status: number,
	fields: Fields = [],
	body: Uint8Array = EMPTY_BODY,
): SipResponse {
	const headers = new Headers()
	for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
		for (const value of request.headers.all(name)) headers.append(name, value)
	}
	const to = headers.get('To') ?? ''
	if (status > 100 && !to.includes(';tag=')) headers.set('To', `${to};tag=callee`)
	for (const [name, value] of fields) headers.set(name, value)
	return { kind: 'response', status, reason: `Status ${status}`, headers, body }
}

/** The request with other header fields; the original stays as it is. */
export function withFields(request: SipRequest, fields: Fields): SipRequest {
	const headers = request.headers.clone()
	for (const [name, value] of fields) headers.set(name, value)
	return { ...request, headers }
}

export function text(body: Uint8Array): string {
	return new TextDecoder().decode(body)
}

export function bytes(body: string): Uint8Array {
	return new TextEncoder().encode(body)
}
