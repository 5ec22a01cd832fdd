import { headerList } from '../address/list.ts'
import { isWildcardContact, parseNameAddr } from '../address/name-addr.ts'
import { parseUri } from '../address/uri.ts'
import { parseVia, topViaOf } from '../address/via.ts'
import { parseDecimal } from './grammar.ts'
import type { Fault } from './head.ts'
import type { Headers } from './headers.ts'
import type { SipMessage } from './message.ts'
import type { ParseError } from './parse-error.ts'
import { rejectionOf } from './rejection.ts'

/** Header fields whose entries are addresses in angle brackets (RFC 3261 20.30, 20.34, RFC 3327 4). */
const ROUTE_FIELDS = ['Route', 'Record-Route', 'Path']

/**
 * Checks what `parseMessage` leaves unread and every element relies on: Request-URI, Via, From, To, Call-ID, Contact, routes and
 * Max-Forwards. For messages from strangers, where a node is about to spend something on them. Undefined when all is well,
 * else the error with its ready 400 (RFC 3261 16.3 step 1; RFC 4475 has the examples).
 */
export function validateMessage(message: SipMessage): ParseError | undefined {
	const detail = requestUriFault(message) ?? headerFault(message.headers)
	if (detail === undefined) return undefined
	const fault: Fault = { code: 'bad-value', detail }
	if (message.kind === 'response') return fault
	const reply = rejectionOf({ ...message, versionSupported: true }, message.headers, fault)
	return reply ? { ...fault, reply } : fault
}

function requestUriFault(message: SipMessage): string | undefined {
	if (message.kind === 'response') return undefined
	const uri = parseUri(message.uri)
	if (!uri) return 'Malformed Request-URI'
	// RFC 3261 19.1.1: header fields have no place in a Request-URI, and are nothing that a stranger may add to a message of ours.
	return 'headers' in uri && uri.headers ? 'Header fields in the Request-URI' : undefined
}

function headerFault(headers: Headers): string | undefined {
	const via = topViaOf(headers)
	if (!via || via.protocol !== undefined || !headerList(headers, 'Via').every(parseVia))
		return 'Malformed Via header field'
	if (!isAddress(headers.get('From') ?? '')) return 'Malformed From header field'
	if (!isAddress(headers.get('To') ?? '')) return 'Malformed To header field'
	if (!/^[^\s]+$/.test(headers.get('Call-ID') ?? '')) return 'Malformed Call-ID header field'
	if (!isContacts(headerList(headers, 'Contact'))) return 'Malformed Contact header field'
	for (const name of ROUTE_FIELDS) {
		if (!headerList(headers, name).every(isRoute)) return `Malformed ${name} header field`
	}
	const maxForwards = headers.get('Max-Forwards')
	if (maxForwards !== undefined && parseDecimal(maxForwards, 255) === undefined) {
		return 'Malformed Max-Forwards header field'
	}
	return undefined
}

function isAddress(text: string): boolean {
	const address = parseNameAddr(text)
	return address !== undefined && parseUri(address.uri) !== undefined
}

function isContacts(entries: readonly string[]): boolean {
	if (entries.some(isWildcardContact)) return entries.length === 1
	return entries.every(isAddress)
}

function isRoute(entry: string): boolean {
	return entry.includes('<') && isAddress(entry)
}
