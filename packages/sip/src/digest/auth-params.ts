import { quotedEnd, unquote } from '../address/quoted.ts'
import { isTokenCode, skipBlanks, sliceTrimmed } from '../message/grammar.ts'

/** One scheme with its parameters, out of an authentication header field. */
export interface AuthScheme {
	/** In lower case. */
	readonly name: string
	/** By lower-case name, quotes and escapes undone. Of a repeated parameter the first counts. */
	readonly params: Map<string, string>
}

/**
 * Reads the schemes of an authentication header field (RFC 3261 25.1 `challenge`, `credentials`). SIP wants one a field,
 * some servers send several in one. Values without their quotes and missing commas behind quoted values are tolerated;
 * what cannot be a parameter is skipped. Undefined when a quoted string never closes.
 */
export function parseAuthSchemes(text: string): AuthScheme[] | undefined {
	const schemes: AuthScheme[] = []
	for (let i = skipSeparators(text, 0); i < text.length; i = skipSeparators(text, i)) {
		const nameEnd = tokenEnd(text, i)
		const after = skipBlanks(text, nameEnd)
		const name = text.slice(i, nameEnd).toLowerCase()
		if (nameEnd === i) i = commaFrom(text, i)
		else if (text.charCodeAt(after) !== 0x3d) {
			schemes.push({ name, params: new Map() })
			i = after
		} else {
			const valueStart = skipBlanks(text, after + 1)
			const valueEnd = endOfValue(text, valueStart)
			if (valueEnd < 0) return undefined
			addParam(schemes.at(-1), name, sliceTrimmed(text, valueStart, valueEnd))
			i = valueEnd
		}
	}
	return schemes
}

/** The parameters of the first Digest scheme in the field. */
export function digestParams(text: string): Map<string, string> | undefined {
	return parseAuthSchemes(text)?.find((scheme) => scheme.name === 'digest')?.params
}

/** Parameters without a scheme before them, as Authentication-Info has them (RFC 7616 3.5). */
export function parseAuthParams(text: string): Map<string, string> | undefined {
	return parseAuthSchemes(`digest ${text}`)?.[0]?.params
}

function addParam(scheme: AuthScheme | undefined, name: string, value: string): void {
	if (scheme && !scheme.params.has(name)) scheme.params.set(name, unquote(value))
}

function skipSeparators(text: string, from: number): number {
	let i = skipBlanks(text, from)
	while (text.charCodeAt(i) === 0x2c) i = skipBlanks(text, i + 1)
	return i
}

function tokenEnd(text: string, from: number): number {
	let i = from
	while (i < text.length && isTokenCode(text.charCodeAt(i))) i++
	return i
}

function endOfValue(text: string, start: number): number {
	return text.charCodeAt(start) === 0x22 ? quotedEnd(text, start) : commaFrom(text, start)
}

function commaFrom(text: string, from: number): number {
	const comma = text.indexOf(',', from)
	return comma < 0 ? text.length : comma
}
