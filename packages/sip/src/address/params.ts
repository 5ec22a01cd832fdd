import { isToken, isTokenCode, skipBlanks, sliceTrimmed } from '../message/grammar.ts'
import { quote, quotedEnd, unquote } from './quoted.ts'

/** Header field parameters by lower-case name; a parameter without a value is `true`. Quoted values are held without quotes. */
export type Params = Map<string, string | true>

/**
 * Reads `;name=value;flag` from `from` to the end of the text; undefined when something else stands there. Blanks around `;`
 * and `=` and empty parameters are tolerated. Of a repeated parameter the first counts.
 */
export function parseParams(text: string, from: number): Params | undefined {
	const params: Params = new Map()
	let i = skipBlanks(text, from)
	while (i < text.length) {
		if (text.charCodeAt(i) !== 0x3b) return undefined
		i = skipBlanks(text, i + 1)
		const end = paramEnd(text, i)
		if (end < 0 || !takeParam(params, text, i, end)) return undefined
		i = end
	}
	return params
}

/** A value with parameters behind it, the shape of Reason, Event, Session-Expires, Content-Type, Join and many more. */
export interface ParameterizedValue {
	/** Up to the first `;`, without blanks around it; quotes, if any, are kept. */
	readonly value: string
	readonly params: Params
}

/** Reads `value;name=value;flag`; undefined when the value is empty or the parameters are malformed. */
export function parseParameterized(text: string): ParameterizedValue | undefined {
	const end = paramEnd(text, 0)
	if (end < 0) return undefined
	const value = sliceTrimmed(text, 0, end)
	const params = parseParams(text, end)
	return value.length > 0 && params ? { value, params } : undefined
}

/** The index of the `;` that ends the parameter at `start`, or of the end; -1 when a quoted string never closes. */
function paramEnd(text: string, start: number): number {
	for (let i = start; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code === 0x3b) return i
		if (code === 0x22) {
			const end = quotedEnd(text, i)
			if (end < 0) return -1
			i = end - 1
		}
	}
	return text.length
}

function takeParam(params: Params, text: string, start: number, end: number): boolean {
	let nameEnd = start
	while (nameEnd < end && isTokenCode(text.charCodeAt(nameEnd))) nameEnd++
	const after = skipBlanks(text, nameEnd)
	if (nameEnd === start) return after >= end
	const name = text.slice(start, nameEnd).toLowerCase()
	if (after >= end) {
		if (!params.has(name)) params.set(name, true)
		return true
	}
	if (text.charCodeAt(after) !== 0x3d) return false
	const value = sliceTrimmed(text, after + 1, end)
	if (!isParamValue(value)) return false
	if (!params.has(name)) params.set(name, unquote(value))
	return true
}

/** A whole quoted string, or anything without quotes, blanks inside included (sloppy, but harmless and seen). */
function isParamValue(value: string): boolean {
	if (value.charCodeAt(0) === 0x22) return quotedEnd(value, 0) === value.length
	return value.length > 0 && !value.includes('"')
}

/** The value of a parameter; undefined when it is absent or stands there without a value. */
export function paramText(params: ReadonlyMap<string, string | true>, name: string): string | undefined {
	const value = params.get(name)
	return value === true ? undefined : value
}

/** Media feature tags of RFC 3840; their values are always quoted strings (RFC 3840 9), also when they look like tokens. */
const BASE_FEATURE_TAGS: ReadonlySet<string> = new Set([
	'actor',
	'application',
	'audio',
	'automata',
	'class',
	'control',
	'data',
	'description',
	'duplex',
	'events',
	'extensions',
	'isfocus',
	'language',
	'methods',
	'mobility',
	'priority',
	'schemes',
	'text',
	'type',
	'video',
])

/** Writes parameters, each with its leading `;`, values quoted where the grammar asks for it. */
export function formatParams(params: ReadonlyMap<string, string | true>): string {
	let text = ''
	for (const [name, value] of params) {
		if (value === true) text += `;${name}`
		else text += `;${name}=${needsQuotes(name, value) ? quote(value) : value}`
	}
	return text
}

function needsQuotes(name: string, value: string): boolean {
	if (name.charCodeAt(0) === 0x2b || BASE_FEATURE_TAGS.has(name)) return true
	return !isToken(value) && !isIpv6Text(value)
}

/** An IPv6 address, in brackets or bare as `received` carries it, is a `host` and needs no quotes. */
function isIpv6Text(value: string): boolean {
	return value.includes(':') && /^\[?[0-9a-fA-F:.]+\]?$/.test(value)
}
