import { tagOf } from '../address/name-addr.ts'
import { Headers } from './headers.ts'
import { EMPTY_BODY, type SipRequest, type SipResponse } from './message.ts'
import { encodeText } from './octets.ts'
import { reasonPhrase } from './reason-phrases.ts'
import { statelessTag } from './stateless-tag.ts'

export type HeaderPair = readonly [name: string, value: string]

export interface RequestParts {
	readonly method: string
	readonly uri: string
	readonly headers: readonly HeaderPair[]
	readonly body?: Uint8Array | string
}

/** Makes a request of its parts, in the given order; nothing is added (RFC 3261 8.1.1 says what a request needs). */
export function buildRequest(parts: RequestParts): SipRequest {
	const { method, uri } = parts
	return { kind: 'request', method, uri, headers: headersOf(parts.headers), body: bodyOf(parts.body) }
}

export interface ResponseExtras {
	/** Goes on To when the request's To has no tag and the status is not 100; without one it is the same for each copy of the request. */
	readonly toTag?: string
	/** Added behind the copied fields. */
	readonly headers?: readonly HeaderPair[]
	readonly body?: Uint8Array | string
}

/** Methods whose 2xx (and reliable or early responses) make a dialog: RFC 3261 12.1, RFC 6665 4.1.2.4 and 4.4.1, RFC 3515. */
const DIALOG_FORMING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])

/**
 * Makes the response to a request: Via, From, To, Call-ID and CSeq are copied (RFC 3261 8.2.6.2), Timestamp into a 100 (8.2.6.1), and
 * Record-Route where the response may make a dialog (12.1.1). To has a tag in all but a 100. `reason` defaults to the usual phrase.
 */
export function buildResponse(
	request: SipRequest,
	status: number,
	reason: string = reasonPhrase(status),
	extras: ResponseExtras = {},
): SipResponse {
	const headers = new Headers()
	copyAll(request, headers, 'Via')
	if (DIALOG_FORMING.has(request.method) && status > 100 && status < 300) copyAll(request, headers, 'Record-Route')
	copyAll(request, headers, 'From')
	const to = request.headers.get('To')
	if (to !== undefined)
		headers.append(
			'To',
			status === 100 || tagOf(to) !== undefined ? to : `${to};tag=${extras.toTag ?? statelessTag(request.headers)}`,
		)
	copyAll(request, headers, 'Call-ID')
	copyAll(request, headers, 'CSeq')
	if (status === 100) copyAll(request, headers, 'Timestamp')
	for (const [name, value] of extras.headers ?? []) headers.append(name, value)
	return { kind: 'response', status, reason, headers, body: bodyOf(extras.body) }
}

function copyAll(request: SipRequest, headers: Headers, name: string): void {
	for (const value of request.headers.all(name)) headers.append(name, value)
}

function headersOf(pairs: readonly HeaderPair[]): Headers {
	const headers = new Headers()
	for (const [name, value] of pairs) headers.append(name, value)
	return headers
}

function bodyOf(body: Uint8Array | string | undefined): Uint8Array {
	if (body === undefined) return EMPTY_BODY
	return typeof body === 'string' ? encodeText(body) : body
}
