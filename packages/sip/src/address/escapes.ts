/** Percent escapes in SIP URIs (RFC 3261 19.1.2). */

const UNRESERVED = /[A-Za-z0-9\-_.!~*'()]/
/** `user-unreserved` and `param-unreserved` of RFC 3261 25.1: allowed unescaped in their place, beyond `unreserved`. */
const USER_EXTRA = /[&=+$,;?/]/
const PARAM_EXTRA = /[[\]/:&+$]/
/** Of `hnv-unreserved` those that no reader takes for anything else: some read `+` as a blank, or end at the next `?`. */
const HEADER_EXTRA = /[[\]/:]/

/** Text with its escapes undone, for display and for looking users up. A `%` that begins no escape stays. */
export function unescapeUriPart(text: string): string {
	if (!text.includes('%')) return text
	return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** Text as the user part of a SIP URI. */
export function escapeUser(text: string): string {
	return escapeWith(text, USER_EXTRA)
}

/** Text as the value of a SIP URI parameter. */
export function escapeUriParam(text: string): string {
	return escapeWith(text, PARAM_EXTRA)
}

/** Text as the value of a header in a SIP URI. */
export function escapeUriHeader(text: string): string {
	return escapeWith(text, HEADER_EXTRA)
}

function escapeWith(text: string, extra: RegExp): string {
	let escaped = ''
	for (const character of text) {
		if (UNRESERVED.test(character) || extra.test(character)) escaped += character
		else for (const byte of Buffer.from(character, 'utf8')) escaped += percent(byte)
	}
	return escaped
}

function percent(byte: number): string {
	return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/**
 * Text with needless escapes undone and the others in upper case, the form in which URI parts are compared: an escaped character equals
 * the plain one unless the plain one is reserved (RFC 3261 19.1.4).
 */
export function canonicalEscapes(text: string): string {
	if (!text.includes('%')) return text
	return text.replace(/%([0-9A-Fa-f]{2})/g, (triplet, hex: string) => {
		const character = String.fromCharCode(Number.parseInt(hex, 16))
		return UNRESERVED.test(character) ? character : triplet.toUpperCase()
	})
}
