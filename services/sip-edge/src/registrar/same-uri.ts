import { parseUri, unescapeUriPart, urisEqual } from '@vigil/sip'

/** Whether two URIs mean the same (RFC 3261 19.1.4); malformed ones are equal to nothing but themselves. */
export function isSameUri(left: string, right: string): boolean {
	if (left === right) return true
	const a = parseUri(left)
	const b = parseUri(right)
	return a !== undefined && b !== undefined && urisEqual(a, b)
}

/** The user part of a SIP URI, without its escapes; undefined when it has none. */
export function userOf(text: string): string | undefined {
	const uri = parseUri(text)
	return uri?.scheme === 'sip' || uri?.scheme === 'sips' ? uri.user && unescapeUriPart(uri.user) : undefined
}
