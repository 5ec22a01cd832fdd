/**
 * SIP text is UTF-8 (RFC 3261 7), but what arrives is not always. So that a message which only passes
 * through leaves byte for byte as it came, a byte that is no UTF-8 becomes the lone surrogate
 * U+DC00 + byte while it is text, and that surrogate becomes the byte again.
 */
const BYTE_ESCAPE = 0xdc00

/** The bytes from `start` to `end` as text. Never throws; `encodeText` gives the same bytes back. */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
	const text = asBuffer(bytes).toString('utf8', start, end)
	return text.includes('�') ? decodeKeepingBytes(bytes, start, end) : text
}

/** Text as UTF-8, lone surrogates made by `decodeText` as the bytes they stand for. */
export function encodeText(text: string): Uint8Array {
	return text.isWellFormed() ? Buffer.from(text, 'utf8') : encodeWithEscapes(text)
}

/** Bytes known to be ASCII as text; quicker than `decodeText`. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
	return asBuffer(bytes).toString('latin1', start, end)
}

function asBuffer(bytes: Uint8Array): Buffer {
	return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function decodeKeepingBytes(bytes: Uint8Array, start: number, end: number): string {
	const buffer = asBuffer(bytes)
	let text = ''
	for (let i = start; i < end; ) {
		const length = sequenceLength(bytes, i, end)
		text +=
			length === 0 ? String.fromCharCode(BYTE_ESCAPE + (bytes[i] as number)) : buffer.toString('utf8', i, i + length)
		i += Math.max(length, 1)
	}
	return text
}

/** The length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7), 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
	const lead = bytes[at] as number
	if (lead < 0x80) return 1
	const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
	if (lead < 0xc2 || lead > 0xf4 || at + length > end) return 0
	for (let i = at + 1; i < at + length; i++) {
		if (((bytes[i] as number) & 0xc0) !== 0x80) return 0
	}
	const second = bytes[at + 1] as number
	const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90)
	const outside = (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f)
	return overlong || outside ? 0 : length
}

function encodeWithEscapes(text: string): Uint8Array {
	const parts: Uint8Array[] = []
	for (const character of text) {
		const code = character.codePointAt(0) as number
		const escaped = code >= BYTE_ESCAPE + 0x80 && code <= BYTE_ESCAPE + 0xff
		parts.push(escaped ? Uint8Array.of(code - BYTE_ESCAPE) : Buffer.from(character, 'utf8'))
	}
	return Buffer.concat(parts)
}
