import { hasUriCharacters } from '../message/grammar.ts'

/** True for text that begins with a scheme and holds only characters of URIs; the scheme's own grammar is `parseUri`'s business. */
export function isUriText(text: string): boolean {
	return schemeEnd(text) > 0 && hasUriCharacters(text)
}

/** The index of the colon behind the scheme (RFC 3986 3.1), or -1. */
export function schemeEnd(text: string): number {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code === 0x3a) return i === 0 ? -1 : i
		const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
		const other = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e
		if (!letter && !(other && i > 0)) return -1
	}
	return -1
}
