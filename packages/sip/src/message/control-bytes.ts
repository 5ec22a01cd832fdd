/**
 * The text with a blank in place of each control character: octets below 0x20, and DEL. No header field has a use for them but
 * quoted pairs (RFC 3261 25.1), and a receiver that keeps C strings reads another value than we did. A blank, so that a backslash
 * in front of one does not take hold of the character behind it.
 */
export function withoutControlBytes(text: string): string {
	for (let i = 0; i < text.length; i++) {
		if (isControl(text.charCodeAt(i))) return replaced(text, i)
	}
	return text
}

function replaced(text: string, first: number): string {
	let clean = text.slice(0, first)
	for (let i = first; i < text.length; i++) clean += isControl(text.charCodeAt(i)) ? ' ' : text[i]
	return clean
}

function isControl(code: number): boolean {
	return code < 0x20 || code === 0x7f
}
