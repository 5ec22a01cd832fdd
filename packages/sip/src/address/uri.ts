import { parseDecimal } from '../message/grammar.ts'
import { isHost } from './host.ts'
import { isUriText, schemeEnd } from './uri-text.ts'

/** URI parameters by lower-case name; a parameter without a value is undefined. Values are as written, escapes kept. */
export type UriParams = Map<string, string | undefined>

/** A `sip:` or `sips:` URI (RFC 3261 19.1). User, password, parameters and headers are as written, escapes kept. */
export interface SipUri {
	readonly scheme: 'sip' | 'sips'
	readonly user?: string
	readonly password?: string
	/** As written, IPv6 in brackets. */
	readonly host: string
	readonly port?: number
	readonly params: UriParams
	/** What follows the `?`, unread. */
	readonly headers?: string
}

/** A `tel:` URI (RFC 3966). The number keeps its visual separators. */
export interface TelUri {
	readonly scheme: 'tel'
	readonly number: string
	readonly params: UriParams
}

/** A URI of another scheme: `name` is the scheme in lower case, `text` the whole URI. */
export interface OtherUri {
	readonly scheme: 'other'
	readonly name: string
	readonly text: string
}

export type Uri = SipUri | TelUri | OtherUri

/** Reads a URI of any scheme; undefined when it is malformed. */
export function parseUri(text: string): Uri | undefined {
	if (!isUriText(text)) return undefined
	const colon = schemeEnd(text)
	const name = text.slice(0, colon).toLowerCase()
	if (name === 'sip' || name === 'sips') return parseSipUri(name, text, colon + 1)
	if (name === 'tel') return parseTelUri(text.slice(colon + 1))
	return colon + 1 < text.length ? { scheme: 'other', name, text } : undefined
}

function parseSipUri(scheme: 'sip' | 'sips', text: string, from: number): SipUri | undefined {
	const at = text.indexOf('@', from)
	const hostStart = at < 0 ? from : at + 1
	const hostEnd = endOfHost(text, hostStart)
	const host = text.slice(hostStart, hostEnd)
	if (at === from || !isHost(host)) return undefined
	const portEnd = endOfPort(text, hostEnd)
	const port = portEnd === hostEnd ? undefined : parseDecimal(text.slice(hostEnd + 1, portEnd), 65_535)
	if (portEnd !== hostEnd && port === undefined) return undefined
	const question = text.indexOf('?', portEnd)
	const params = parseUriParams(text.slice(portEnd, question < 0 ? text.length : question))
	if (!params) return undefined
	const uri: Mutable<SipUri> = { scheme, host, params }
	if (at > from) setUser(uri, text.slice(from, at))
	if (port !== undefined) uri.port = port
	if (question >= 0) uri.headers = text.slice(question + 1)
	return uri
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function setUser(uri: Mutable<SipUri>, userInfo: string): void {
	const colon = userInfo.indexOf(':')
	uri.user = colon < 0 ? userInfo : userInfo.slice(0, colon)
	if (colon >= 0) uri.password = userInfo.slice(colon + 1)
}

function endOfHost(text: string, start: number): number {
	if (text.charCodeAt(start) === 0x5b) return text.indexOf(']', start) + 1
	let i = start
	while (i < text.length && !endsHost(text.charCodeAt(i))) i++
	return i
}

function endsHost(code: number): boolean {
	return code === 0x3a || code === 0x3b || code === 0x3f
}

function endOfPort(text: string, colon: number): number {
	if (text.charCodeAt(colon) !== 0x3a) return colon
	let i = colon + 1
	while (i < text.length && !endsHost(text.charCodeAt(i))) i++
	return i
}

/** Reads `;name=value;flag`; undefined when something else stands there. Empty parameters are skipped, of a repeated one the first counts. */
function parseUriParams(text: string): UriParams | undefined {
	const params: UriParams = new Map()
	if (text === '') return params
	if (text.charCodeAt(0) !== 0x3b) return undefined
	for (const part of text.slice(1).split(';')) {
		if (part === '') continue
		const equals = part.indexOf('=')
		if (equals === 0) return undefined
		const name = (equals < 0 ? part : part.slice(0, equals)).toLowerCase()
		if (!params.has(name)) params.set(name, equals < 0 ? undefined : part.slice(equals + 1))
	}
	return params
}

/** Digits and visual separators, and what local numbers hold besides (RFC 3966 3); at least one that is no separator. */
const TEL_CHARACTERS = /^\+?[0-9A-Fa-f*#().-]+$/
const TEL_DIGIT = /[0-9A-Fa-f*#]/

function isTelNumber(text: string): boolean {
	return TEL_CHARACTERS.test(text) && TEL_DIGIT.test(text)
}

function parseTelUri(rest: string): TelUri | undefined {
	const semicolon = rest.indexOf(';')
	const number = semicolon < 0 ? rest : rest.slice(0, semicolon)
	const params = parseUriParams(semicolon < 0 ? '' : rest.slice(semicolon))
	return params && isTelNumber(number) ? { scheme: 'tel', number, params } : undefined
}

/** Writes a URI. Parts go out as they are: escape what comes from elsewhere with `escapeUser` or `escapeUriParam` first. */
export function formatUri(uri: Uri): string {
	if (uri.scheme === 'other') return uri.text
	if (uri.scheme === 'tel') return `tel:${uri.number}${formatUriParams(uri.params)}`
	const password = uri.password === undefined ? '' : `:${uri.password}`
	const user = uri.user === undefined ? '' : `${uri.user}${password}@`
	const port = uri.port === undefined ? '' : `:${uri.port}`
	const headers = uri.headers === undefined ? '' : `?${uri.headers}`
	return `${uri.scheme}:${user}${uri.host}${port}${formatUriParams(uri.params)}${headers}`
}

function formatUriParams(params: ReadonlyMap<string, string | undefined>): string {
	let text = ''
	for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`
	return text
}
