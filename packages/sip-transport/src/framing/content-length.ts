/** A field at the start of a line, with its continuation lines (RFC 3261 7.3.1); `l` is the compact form. */
const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)/gi
const NUMBER = /^\d{1,9}$/

/**
 * Content-Length of a header block that ends with the empty line.
 *
 * `missing` in a stream is an error, as nothing else tells where the message ends (RFC 3261 18.3); `invalid` is a
 * value that is no number, or several that differ.
 */
export function contentLengthOf(headers: Buffer): number | 'missing' | 'invalid' {
	let length: number | undefined
	for (const match of headers.toString('latin1').matchAll(CONTENT_LENGTH)) {
		const value = (match[1] ?? '').trim()
		if (!NUMBER.test(value)) return 'invalid'
		if (length !== undefined && length !== Number(value)) return 'invalid'
		length = Number(value)
	}
	return length ?? 'missing'
}
