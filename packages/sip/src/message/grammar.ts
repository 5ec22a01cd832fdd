/** Character classes of RFC 3261 25.1, as one table look-up per character. */

const TOKEN = 1
const LWS = 2

const CLASSES = characterClasses()

function characterClasses(): Uint8Array {
	const classes = new Uint8Array(128)
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"
	for (let i = 0; i < token.length; i++) classes[token.charCodeAt(i)] = TOKEN
	classes[0x20] = LWS
	classes[0x09] = LWS
	return classes
}

/** True for a character of `token` (RFC 3261 25.1). */
export function isTokenCode(code: number): boolean {
	return code < 128 && CLASSES[code] === TOKEN
}

/** True for a non-empty `token`. */
export function isToken(text: string): boolean {
	if (text.length === 0) return false
	for (let i = 0; i < text.length; i++) {
		if (!isTokenCode(text.charCodeAt(i))) return false
	}
	return true
}

/** True for a space or a tab. */
export function isBlankCode(code: number): boolean {
	return code === 0x20 || code === 0x09
}

/** The index of the first character at or after `from` that is neither a space nor a tab. */
export function skipBlanks(text: string, from: number): number {
	let i = from
	while (i < text.length && isBlankCode(text.charCodeAt(i))) i++
	return i
}

/** The text from `start` to `end` without blanks around it (unlike `trim`, control characters and Unicode spaces stay). */
export function sliceTrimmed(text: string, start: number, end: number): string {
	let from = start
	let to = end
	while (from < to && isBlankCode(text.charCodeAt(from))) from++
	while (to > from && isBlankCode(text.charCodeAt(to - 1))) to--
	return text.slice(from, to)
}

/**
 * The value of a run of decimal digits, or undefined when the text is anything else or exceeds `max`.
 * `Number()` is too generous here: it takes signs, exponents, hex and blanks.
 */
export function parseDecimal(text: string, max: number): number | undefined {
	if (text.length === 0) return undefined
	let value = 0
	for (let i = 0; i < text.length; i++) {
		const digit = text.charCodeAt(i) - 0x30
		if (digit < 0 || digit > 9) return undefined
		value = value * 10 + digit
		if (value > max) return undefined
	}
	return value
}

/** True for non-empty text without what would end a URI where it stands: blanks, control characters, quotes, angle brackets. */
export function hasUriCharacters(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code <= 0x20 || code === 0x7f || code === 0x22 || code === 0x3c || code === 0x3e) return false
	}
	return text.length > 0
}
