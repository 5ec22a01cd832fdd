import { isToken, sliceTrimmed } from './grammar.ts'
import { canonicalHeaderName, knownHeaderName } from './header-names.ts'
import type { HeaderField } from './headers.ts'
import type { ParseLimits } from './limits.ts'
import { decodeAscii, decodeText } from './octets.ts'
import type { ParseErrorCode } from './parse-error.ts'

/** What is wrong with a message; `detail` is our own wording and never quotes the peer. */
export interface Fault {
	readonly code: ParseErrorCode
	readonly detail: string
}

/** The start line and header fields of a message as far as they could be read, and the first thing that was wrong. */
export interface Head {
	startLine: string
	readonly fields: HeaderField[]
	/** The canonical name of each field. */
	readonly keys: string[]
	/** Where the body begins. */
	bodyStart: number
	fault?: Fault
}

/** One line as offsets, continuation lines included. `colon` is -1 when the line has none. */
interface Line {
	start: number
	end: number
	colon: number
	next: number
	folded: boolean
	ascii: boolean
	clean: boolean
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SEMICOLON = 0x3b
const COMMA = 0x2c
const AMPERSAND = 0x26

/**
 * Splits start line and header fields off a message in one pass over its bytes. Nothing is read into values.
 * After a fault it goes on collecting, because a reply to the sender needs the fields that were fine.
 */
export function readHead(bytes: Uint8Array, limits: ParseLimits): Head {
	const head: Head = { startLine: '', fields: [], keys: [], bodyStart: bytes.length }
	const end = Math.min(bytes.length, limits.maxMessageBytes)
	const line: Line = { start: 0, end: 0, colon: -1, next: 0, folded: false, ascii: true, clean: true }
	// RFC 3261 7.5: empty lines before the start line are ignored.
	let at = 0
	while (bytes[at] === CR && bytes[at + 1] === LF) at += 2
	readLine(bytes, at, end, line, false)
	head.startLine = decodeLine(bytes, line.start, line.end, line.ascii)
	if (!line.clean) blame(head, 'bad-start-line', 'Start line holds a stray line break')
	if (line.end - line.start > limits.maxHeaderBytes) blame(head, 'too-large', 'Start line too long')
	if (hasTooManyParameters(bytes, line, limits)) blame(head, 'too-many-parameters', 'Too many parameters')
	for (;;) {
		if (line.next >= end) {
			blame(head, 'bad-header', 'No empty line after the header fields')
			return head
		}
		readLine(bytes, line.next, end, line, true)
		if (line.end === line.start) break
		if (!takeField(head, bytes, line, limits)) return head
	}
	head.bodyStart = line.next
	return head
}

/** Finds the end of the line at `from`, which with `mayFold` goes on over lines that begin with a blank (RFC 3261 7.3.1). */
function readLine(bytes: Uint8Array, from: number, end: number, line: Line, mayFold: boolean): void {
	line.start = from
	line.colon = -1
	line.folded = false
	line.ascii = true
	line.clean = true
	let i = from
	for (; i < end; i++) {
		const byte = bytes[i] as number
		if (byte > 0x3a) {
			if (byte > 0x7f) line.ascii = false
		} else if (byte === COLON) {
			if (line.colon < 0) line.colon = i
		} else if (byte === LF) {
			line.clean = false
		} else if (byte === CR) {
			if (bytes[i + 1] !== LF || i + 1 >= end) line.clean = false
			else if (mayFold && i > from && isBlank(bytes, i + 2, end)) {
				line.folded = true
				i++
			} else break
		}
	}
	line.end = i
	line.next = Math.min(i + 2, end)
}

function isBlank(bytes: Uint8Array, at: number, end: number): boolean {
	return at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)
}

/** Adds the field on `line` to the head; false when there are already too many to go on. */
function takeField(head: Head, bytes: Uint8Array, line: Line, limits: ParseLimits): boolean {
	if (head.fields.length >= limits.maxHeaders) {
		blame(head, 'too-many-headers', 'Too many header fields')
		return false
	}
	if (line.end - line.start > limits.maxHeaderBytes) {
		blame(head, 'too-large', 'Header field too long')
		return true
	}
	if (hasTooManyParameters(bytes, line, limits)) {
		blame(head, 'too-many-parameters', 'Too many parameters')
		return true
	}
	if (!line.clean || !addField(head, bytes, line)) blame(head, 'bad-header', 'Malformed header field')
	return true
}

/** Only lines long enough for it are counted: the others cost nothing. */
function hasTooManyParameters(bytes: Uint8Array, { start, end }: Line, { maxParameters }: ParseLimits): boolean {
	if (end - start <= maxParameters) return false
	let count = 0
	for (let i = start; i < end; i++) {
		const byte = bytes[i]
		if ((byte === SEMICOLON || byte === COMMA || byte === AMPERSAND) && ++count > maxParameters) return true
	}
	return false
}

function addField(head: Head, bytes: Uint8Array, line: Line): boolean {
	if (line.colon < 0 || isBlank(bytes, line.start, line.end)) return false
	const text = decodeLine(bytes, line.start, line.end, line.ascii)
	// A name is ASCII up to its colon, or it is no token and is refused: offsets in bytes are offsets in characters.
	const colon = line.colon - line.start
	const name = sliceTrimmed(text, 0, colon)
	const known = knownHeaderName(name)
	if (known === undefined && !isToken(name)) return false
	const value = sliceTrimmed(text, colon + 1, text.length)
	head.fields.push({ name, value: line.folded ? unfold(value) : value })
	head.keys.push(known ?? canonicalHeaderName(name))
	return true
}

/** Each fold, with the blanks around it, is one space (RFC 3261 7.3.1). */
function unfold(value: string): string {
	return value
		.split('\r\n')
		.map((part) => sliceTrimmed(part, 0, part.length))
		.filter((part) => part.length > 0)
		.join(' ')
}

function decodeLine(bytes: Uint8Array, start: number, end: number, ascii: boolean): string {
	return ascii ? decodeAscii(bytes, start, end) : decodeText(bytes, start, end)
}

function blame(head: Head, code: ParseErrorCode, detail: string): void {
	head.fault ??= { code, detail }
}
