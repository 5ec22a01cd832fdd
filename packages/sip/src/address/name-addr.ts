import { sliceTrimmed } from '../message/grammar.ts'
import type { SipMessage } from '../message/message.ts'
import { formatParams, type Params, parseParams } from './params.ts'
import { quote, quotedEnd, unquote } from './quoted.ts'
import { isUriText } from './uri-text.ts'

/** What From, To, Contact, Route, Refer-To and their like hold (RFC 3261 20.10, 25.1). */
export interface NameAddr {
	/** Without quotes and escapes. */
	readonly displayName?: string
	/** The URI as written, of any scheme (`sip:`, `tel:`, `urn:` and so on); read it with `parseUri`. */
	readonly uri: string
	/** The header field's own parameters, by lower-case name; not those inside of the URI. */
	readonly params: Params
}

/** Where the parts of a name-addr or addr-spec stand in its text. */
interface Layout {
	readonly displayEnd: number
	readonly uriStart: number
	readonly uriEnd: number
	readonly paramsStart: number
}

/**
 * Reads one name-addr or addr-spec with its parameters; undefined when malformed. The `*` of a Contact is none.
 *
 * Without `<>` everything behind the first `;` belongs to the header field, and the URI must hold neither `,` nor `?` (RFC 3261 20.10).
 * A display name that lacks its quotes, or has them only in part, is taken as it stands (RFC 4475 3.1.2.15 leaves that open).
 */
export function parseNameAddr(text: string): NameAddr | undefined {
	const layout = layoutOf(text)
	if (!layout) return undefined
	const uri = sliceTrimmed(text, layout.uriStart, layout.uriEnd)
	if (!isUriText(uri)) return undefined
	const params = parseParams(text, layout.paramsStart)
	if (!params) return undefined
	const displayName = unquote(sliceTrimmed(text, 0, layout.displayEnd))
	return displayName.length > 0 ? { displayName, uri, params } : { uri, params }
}

function layoutOf(text: string): Layout | undefined {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code === 0x3c) return bracketed(text, i)
		if (code === 0x3b) return bareSpec(text, i)
		if (code === 0x22) {
			const end = quotedEnd(text, i)
			if (end < 0) return undefined
			i = end - 1
		}
	}
	return bareSpec(text, text.length)
}

function bracketed(text: string, open: number): Layout | undefined {
	const close = text.indexOf('>', open)
	if (close < 0) return undefined
	return { displayEnd: open, uriStart: open + 1, uriEnd: close, paramsStart: close + 1 }
}

function bareSpec(text: string, end: number): Layout | undefined {
	for (let i = 0; i < end; i++) {
		const code = text.charCodeAt(i)
		if (code === 0x3f || code === 0x2c) return undefined
	}
	return { displayEnd: 0, uriStart: 0, uriEnd: end, paramsStart: end }
}

/** Writes a name-addr, always with `<>`. Throws a RangeError for a URI that would not stay inside of them. */
export function formatNameAddr(address: NameAddr): string {
	if (!isUriText(address.uri))
		throw new RangeError('A URI in a name-addr must not hold blanks, quotes or angle brackets')
	const display =
		address.displayName === undefined || address.displayName === '' ? '' : `${quote(address.displayName)} `
	return `${display}<${address.uri}>${formatParams(address.params)}`
}

/** The `tag` parameter of a From or To value. */
export function tagOf(text: string): string | undefined {
	const layout = layoutOf(text)
	if (!layout || layout.paramsStart >= text.length) return undefined
	const tag = parseParams(text, layout.paramsStart)?.get('tag')
	return tag === true ? undefined : tag
}

/** The Call-ID of a message; empty when it has none. */
export function callIdOf(message: SipMessage): string {
	return message.headers.get('Call-ID') ?? ''
}

/** True for the `*` of a Contact, which means all bindings (RFC 3261 10.2.2). */
export function isWildcardContact(text: string): boolean {
	return sliceTrimmed(text, 0, text.length) === '*'
}
