import { isBlankCode, isToken, parseDecimal, skipBlanks, sliceTrimmed } from '../message/grammar.ts'
import type { Headers } from '../message/headers.ts'
import type { SipMessage } from '../message/message.ts'
import { isHost } from './host.ts'
import { entryEnd } from './list.ts'
import { formatParams, type Params, parseParams } from './params.ts'

/** One Via entry (RFC 3261 20.42). */
export interface Via {
	/** Name and version of the protocol where they are not `SIP/2.0`. */
	readonly protocol?: string
	/** `UDP`, `TCP`, `TLS`, `WS`, `WSS` or another token, in upper case. */
	readonly transport: string
	/** sent-by, IPv6 in brackets. */
	readonly host: string
	readonly port?: number
	/** By lower-case name; `rport` without a value is `true`. */
	readonly params: Params
}

/** Reads one Via entry, blanks in all the places where the grammar allows them; undefined when malformed. */
export function parseVia(text: string): Via | undefined {
	if (text.startsWith('SIP/2.0/')) return afterProtocol(text, 8)
	const match = PROTOCOL.exec(text)
	if (!match) return undefined
	const protocol = `${match[1]}/${match[2]}`.toUpperCase()
	const via = afterProtocol(text, match[0].length)
	return via && protocol !== 'SIP/2.0' ? { protocol, ...via } : via
}

/** The name, version and slashes of a sent-protocol that is not written as nearly everybody writes it. */
const PROTOCOL = /^[ \t]*([\w.!%*+`'~-]+)[ \t]*\/[ \t]*([\w.!%*+`'~-]+)[ \t]*\//

function afterProtocol(text: string, transportAt: number): Via | undefined {
	let i = skipBlanks(text, transportAt)
	const transportStart = i
	while (i < text.length && !isBlankCode(text.charCodeAt(i))) i++
	const transport = text.slice(transportStart, i).toUpperCase()
	const hostStart = skipBlanks(text, i)
	if (hostStart === i || !isToken(transport)) return undefined
	const hostEnd = endOfHost(text, hostStart)
	const host = sliceTrimmed(text, hostStart, hostEnd)
	if (!isHost(host)) return undefined
	const rest = skipBlanks(text, hostEnd)
	if (text.charCodeAt(rest) !== 0x3a) return withParams(transport, host, undefined, text, rest)
	const portEnd = endOfPort(text, rest + 1)
	const port = parseDecimal(sliceTrimmed(text, rest + 1, portEnd), 65_535)
	return port === undefined ? undefined : withParams(transport, host, port, text, portEnd)
}

function withParams(
	transport: string,
	host: string,
	port: number | undefined,
	text: string,
	at: number,
): Via | undefined {
	const params = parseParams(text, at)
	if (!params) return undefined
	return port === undefined ? { transport, host, params } : { transport, host, port, params }
}

function endOfHost(text: string, start: number): number {
	if (text.charCodeAt(start) === 0x5b) {
		const close = text.indexOf(']', start)
		return close < 0 ? text.length : close + 1
	}
	let i = start
	while (i < text.length && text.charCodeAt(i) !== 0x3a && text.charCodeAt(i) !== 0x3b) i++
	return i
}

function endOfPort(text: string, start: number): number {
	const end = text.indexOf(';', start)
	return end < 0 ? text.length : end
}

/** Writes one Via entry. */
export function formatVia(via: Via): string {
	const port = via.port === undefined ? '' : `:${via.port}`
	return `${via.protocol ?? 'SIP/2.0'}/${via.transport} ${via.host}${port}${formatParams(via.params)}`
}

/** The topmost Via entry of a message; undefined when there is none or it is malformed. */
export function topVia(message: SipMessage): Via | undefined {
	return topViaOf(message.headers)
}

/** The topmost Via entry among header fields; undefined when there is none or it is malformed. */
export function topViaOf(headers: Headers): Via | undefined {
	const value = headers.get('Via')
	return value === undefined ? undefined : parseVia(firstEntry(value))
}

/** Replaces the topmost Via entry, whether or not it shares its field with others; false when there is none. */
export function replaceTopVia(headers: Headers, via: string): boolean {
	const value = headers.get('Via')
	if (value === undefined) return false
	return headers.replaceFirst('Via', via + value.slice(entryEnd(value, 0)))
}

/** Removes the topmost Via entry, whether or not it shares its field with others, and returns it. */
export function removeTopVia(headers: Headers): string | undefined {
	const value = headers.get('Via')
	if (value === undefined) return undefined
	const end = entryEnd(value, 0)
	const rest = sliceTrimmed(value, end + 1, value.length)
	if (rest.length === 0) headers.removeFirst('Via')
	else headers.replaceFirst('Via', rest)
	return sliceTrimmed(value, 0, end)
}

function firstEntry(value: string): string {
	return value.includes(',') ? sliceTrimmed(value, 0, entryEnd(value, 0)) : value
}
