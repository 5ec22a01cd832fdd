import { parseCSeq } from './cseq.ts'
import { parseDecimal } from './grammar.ts'
import { type Fault, type Head, readHead } from './head.ts'
import { Headers } from './headers.ts'
import { DEFAULT_PARSE_LIMITS, type ParseLimits } from './limits.ts'
import { EMPTY_BODY, type SipMessage } from './message.ts'
import type { ParseError } from './parse-error.ts'
import { rejectionOf } from './rejection.ts'
import { parseStartLine, type StartLine } from './start-line.ts'

export type ParseResult =
	| { readonly ok: true; readonly message: SipMessage }
	| { readonly ok: false; readonly error: ParseError }

/** What every message must carry exactly once (RFC 3261 8.1.1), besides Via, of which there may be more. */
const SINGLE_MANDATORY = ['From', 'To', 'Call-ID', 'CSeq'] as const
const SINGLE_OPTIONAL = ['Max-Forwards', 'Content-Length'] as const
const SINGLE_IN_RESPONSE = ['Content-Length'] as const

/**
 * Reads one message: a datagram, a WebSocket message, or what framing cut out of a stream.
 *
 * Only the start line, the division into header fields, Content-Length and CSeq are looked at; everything else is
 * opaque until somebody asks (`validateMessage` checks the rest). Never throws. The body is a view of `bytes`, not a copy:
 * the caller must not reuse the buffer while the message lives.
 *
 * The body ends where Content-Length says, and what follows it is dropped (RFC 3261 18.3); without Content-Length the
 * body is all that follows the header fields. A Content-Length beyond the bytes at hand is an error.
 */
export function parseMessage(bytes: Uint8Array, limits?: Partial<ParseLimits>): ParseResult {
	const bounds = limits ? { ...DEFAULT_PARSE_LIMITS, ...limits } : DEFAULT_PARSE_LIMITS
	const head = readHead(bytes, bounds)
	const start = parseStartLine(head.startLine)
	if (!start) return { ok: false, error: { code: 'not-sip', detail: 'No SIP start line' } }
	const headers = new Headers(head.fields, head.keys)
	const fault = tooLarge(bytes, bounds) ?? start.fault ?? head.fault ?? mandatoryFault(start, headers)
	if (fault) return refuse(start, headers, fault)
	return withBody(bytes, head, start, headers)
}

function withBody(bytes: Uint8Array, head: Head, start: StartLine, headers: Headers): ParseResult {
	const available = bytes.length - head.bodyStart
	const stated = headers.get('Content-Length')
	const length = stated === undefined ? available : parseDecimal(stated, Number.MAX_SAFE_INTEGER)
	if (length === undefined) {
		return refuse(start, headers, { code: 'bad-content-length', detail: 'Malformed Content-Length' })
	}
	if (length > available) {
		return refuse(start, headers, { code: 'bad-content-length', detail: 'Body shorter than Content-Length' })
	}
	const body = length === 0 ? EMPTY_BODY : bytes.subarray(head.bodyStart, head.bodyStart + length)
	if (start.kind === 'request') {
		return { ok: true, message: { kind: 'request', method: start.method, uri: start.uri, headers, body } }
	}
	return { ok: true, message: { kind: 'response', status: start.status, reason: start.reason, headers, body } }
}

function tooLarge(bytes: Uint8Array, bounds: ParseLimits): Fault | undefined {
	if (bytes.length <= bounds.maxMessageBytes) return undefined
	return { code: 'too-large', detail: 'Message too large' }
}

/** Missing and repeated fields. Two values for what may be there once let two readers see two different messages, so that is refused. */
function mandatoryFault(start: StartLine, headers: Headers): Fault | undefined {
	if (!headers.has('Via')) return { code: 'missing-header', detail: 'Missing Via header field' }
	for (const name of SINGLE_MANDATORY) {
		const count = headers.count(name)
		if (count === 0) return { code: 'missing-header', detail: `Missing ${name} header field` }
		if (count > 1) return { code: 'bad-value', detail: `Repeated ${name} header field` }
	}
	for (const name of start.kind === 'request' ? SINGLE_OPTIONAL : SINGLE_IN_RESPONSE) {
		if (headers.count(name) > 1) return { code: 'bad-value', detail: `Repeated ${name} header field` }
	}
	const cseq = parseCSeq(headers.get('CSeq') ?? '')
	if (!cseq) return { code: 'bad-value', detail: 'Malformed CSeq header field' }
	if (start.kind === 'request' && cseq.method !== start.method) {
		return { code: 'bad-value', detail: 'CSeq method differs from the request method' }
	}
	return undefined
}

function refuse(start: StartLine, headers: Headers, fault: Fault): ParseResult {
	const reply = rejectionOf(start, headers, fault)
	return { ok: false, error: reply ? { ...fault, reply } : fault }
}
