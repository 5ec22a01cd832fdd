import { parseCSeq } from './cseq.ts'
import { canonicalHeaderName, compactFormOf } from './header-names.ts'
import { DEFAULT_PARSE_LIMITS } from './limits.ts'
import { decodeText } from './octets.ts'

/** What those who read an answer need of it; `SipResponse` offers it too. */
export interface ResponseView {
	readonly status: number
	readonly reason: string
	readonly headers: HeaderView
}

/** Header fields to be looked up; `Headers` offers it too. */
export interface HeaderView {
	/** The value of the first field of that name. */
	get(name: string): string | undefined
	/** The values of every field of that name, in order, one entry a field. */
	all(name: string): string[]
}

/** Of the number that stands for a line: bits for the length of its name, below those for its start. */
const NAME_BITS = 8
const LONGEST_NAME = 2 ** NAME_BITS - 1
const START = 'SIP/2.0 '
const LF = 10
const CR = 13
const COLON = 0x3a
const SPACE = 32
const TAB = 9
const SEMICOLON = 0x3b
const COMMA = 0x2c
const AMPERSAND = 0x26
const { maxMessageBytes, maxHeaders, maxHeaderBytes, maxParameters } = DEFAULT_PARSE_LIMITS

/**
 * A response in its usual shape, read only as far as somebody asks: its lines are found, nothing is copied. Where it
 * reads a message, `parseMessage` reads the same; what is unusual it leaves to that one.
 */
export class LightResponse implements ResponseView, HeaderView {
	readonly status: number
	readonly #bytes: Uint8Array
	/** One character for each byte. */
	readonly #text: string
	/** For each header line where it starts and how long its name is, in one number; at last where they end. */
	readonly #lines: readonly number[]
	readonly #reasonEnd: number
	readonly #plain: boolean

	constructor(bytes: Uint8Array, text: string, lines: readonly number[], status: number, reasonEnd: number) {
		this.#bytes = bytes
		this.#text = text
		this.#lines = lines
		this.status = status
		this.#reasonEnd = reasonEnd
		// A character beyond ASCII takes two bytes of UTF-8: counted faster than looked for.
		this.#plain = Buffer.byteLength(text, 'utf8') === text.length
	}

	get reason(): string {
		return this.#textAt(START.length + 4, this.#reasonEnd)
	}

	get headers(): HeaderView {
		return this
	}

	get(name: string): string | undefined {
		const line = this.#find(name, 0)
		return line < 0 ? undefined : this.#value(line)
	}

	all(name: string): string[] {
		const values: string[] = []
		for (let line = this.#find(name, 0); line >= 0; line = this.#find(name, line + 1)) values.push(this.#value(line))
		return values
	}

	/** Index of the first line of that name from there on, or -1. */
	#find(name: string, from: number): number {
		const count = this.#lines.length - 1
		const { canonical, compact, first } = soughtName(name)
		for (let line = from; line < count; line++) {
			const start = this.#startOf(line)
			const length = this.#nameLengthOf(line)
			// Setting bit 5 makes an ASCII letter small.
			const initial = this.#text.charCodeAt(start) | 0x20
			if (length === 1 && initial === compact) return line
			if (length !== canonical.length || initial !== first) continue
			if (this.#text.slice(start, start + length).toLowerCase() === canonical) return line
		}
		return -1
	}

	#value(line: number): string {
		let start = this.#startOf(line) + this.#nameLengthOf(line) + 1
		let end = this.#startOf(line + 1) - 2
		while (start < end && isBlank(this.#text.charCodeAt(start))) start++
		while (end > start && isBlank(this.#text.charCodeAt(end - 1))) end--
		return this.#textAt(start, end)
	}

	/** Of the line after the last one: where the lines end. */
	#startOf(line: number): number {
		return (this.#lines[line] as number) >>> NAME_BITS
	}

	#nameLengthOf(line: number): number {
		return (this.#lines[line] as number) & LONGEST_NAME
	}

	#textAt(start: number, end: number): string {
		return this.#plain ? this.#text.slice(start, end) : decodeText(this.#bytes, start, end)
	}
}

/** A name to look for, with the codes of its first letter and of its compact form, -1 without one. */
interface SoughtName {
	readonly canonical: string
	readonly first: number
	readonly compact: number
}

/** Those asked for by our own code: a few dozen. */
const SOUGHT = new Map<string, SoughtName>()
const MOST_SOUGHT = 200

function soughtName(name: string): SoughtName {
	const known = SOUGHT.get(name)
	if (known) return known
	const canonical = canonicalHeaderName(name)
	const sought = { canonical, first: canonical.charCodeAt(0), compact: compactFormOf(canonical)?.charCodeAt(0) ?? -1 }
	if (SOUGHT.size < MOST_SOUGHT) SOUGHT.set(name, sought)
	return sought
}

/**
 * Finds the lines of a response. Undefined for everything else: requests, folded or malformed lines, stray line
 * breaks, repeated or missing fields that may be there once, a body that is cut off, and what exceeds a bound.
 */
export function readLightResponse(bytes: Uint8Array): LightResponse | undefined {
	if (bytes[0] !== 0x53 || bytes[3] !== 0x2f || bytes.length > maxMessageBytes) return undefined
	const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const text = buffer.toString('latin1')
	const reasonEnd = lineEnd(bytes, 0)
	const status = statusOf(text, reasonEnd)
	if (status === 0 || !isBounded(text, 0, reasonEnd)) return undefined
	const lines: number[] = []
	let seen = 0
	let stated = -1
	let at = reasonEnd + 2
	for (;;) {
		const end = lineEnd(bytes, at)
		if (end < 0) return undefined
		if (end === at) break
		if (lines.length === maxHeaders) return undefined
		// Before the line's end, as no name holds a CR.
		const colon = nameEnd(bytes, at)
		if (colon <= at || colon - at > LONGEST_NAME || !isBounded(text, at, end)) return undefined
		const mark = markOf(text, at, colon)
		// Two values for what may be there once would let two readers see two different messages.
		if ((mark & seen & ~VIA) !== 0) return undefined
		seen |= mark
		if (mark === CSEQ && !parseCSeq(trimmed(text, colon + 1, end))) return undefined
		if (mark === LENGTH) stated = lengthOf(trimmed(text, colon + 1, end))
		lines.push((at << NAME_BITS) | (colon - at))
		at = end + 2
	}
	lines.push(at << NAME_BITS)
	if ((seen & NEEDED) !== NEEDED) return undefined
	if ((seen & LENGTH) !== 0 && (stated < 0 || stated > bytes.length - at - 2)) return undefined
	return new LightResponse(bytes, text, lines, status, reasonEnd)
}

const VIA = 1
const FROM = 2
const TO = 4
const CALL_ID = 8
const CSEQ = 16
const LENGTH = 32
const FORWARDS = 64
const NEEDED = VIA | FROM | TO | CALL_ID | CSEQ

/** Which of the fields that may be there once the line holds; 0 for all others. */
function markOf(text: string, from: number, to: number): number {
	const first = text.charCodeAt(from) | 0x20
	switch (to - from) {
		case 1:
			return first === 0x76
				? VIA
				: first === 0x66
					? FROM
					: first === 0x74
						? TO
						: first === 0x69
							? CALL_ID
							: first === 0x6c
								? LENGTH
								: 0
		case 2:
			return first === 0x74 && isName(text, from, to, 'to') ? TO : 0
		case 3:
			return first === 0x76 && isName(text, from, to, 'via') ? VIA : 0
		case 4:
			if (first === 0x66) return isName(text, from, to, 'from') ? FROM : 0
			return first === 0x63 && isName(text, from, to, 'cseq') ? CSEQ : 0
		case 7:
			return first === 0x63 && isName(text, from, to, 'call-id') ? CALL_ID : 0
		case 12:
			return first === 0x6d && isName(text, from, to, 'max-forwards') ? FORWARDS : 0
		case 14:
			return first === 0x63 && isName(text, from, to, 'content-length') ? LENGTH : 0
		default:
			return 0
	}
}

/** Compares without regard to case; the text holds letters, digits and hyphens only. */
function isName(text: string, from: number, to: number, name: string): boolean {
	for (let i = from + 1; i < to; i++) {
		if ((text.charCodeAt(i) | 0x20) !== (name.charCodeAt(i - from) | 0x20)) return false
	}
	return true
}

/** Without the blanks around it. */
function trimmed(text: string, from: number, to: number): string {
	let start = from
	let end = to
	while (start < end && isBlank(text.charCodeAt(start))) start++
	while (end > start && isBlank(text.charCodeAt(end - 1))) end--
	return text.slice(start, end)
}

function lengthOf(text: string): number {
	return /^\d{1,9}$/.test(text) ? Number(text) : -1
}

/** Where the line ends that begins there; -1 when it does not end by CR LF, or has a stray CR or LF. */
function lineEnd(bytes: Uint8Array, from: number): number {
	for (let at = from; at < bytes.length; at++) {
		const code = bytes[at] as number
		if (code > CR) continue
		if (code === LF) return -1
		if (code === CR) return bytes[at + 1] === LF ? at : -1
	}
	return -1
}

/** Whether `parseMessage` would take a line of that length and with so many parameters. */
function isBounded(text: string, start: number, end: number): boolean {
	if (end - start <= maxParameters) return true
	let separators = 0
	for (let i = start; i < end; i++) {
		const code = text.charCodeAt(i)
		if (code === SEMICOLON || code === COMMA || code === AMPERSAND) separators++
	}
	return end - start <= maxHeaderBytes && separators <= maxParameters
}

/** The status of `SIP/2.0 nnn reason`, 0 when the line is another. */
function statusOf(text: string, end: number): number {
	if (end < START.length + 4 || !text.startsWith(START) || text.charCodeAt(START.length + 3) !== SPACE) return 0
	let status = 0
	for (let i = START.length; i < START.length + 3; i++) {
		const digit = text.charCodeAt(i) - 48
		if (digit < 0 || digit > 9) return 0
		status = status * 10 + digit
	}
	return status >= 100 && status < 700 ? status : 0
}

/**
 * The colon after a name of letters, digits and hyphens, as all that are in use; -1 when the line begins otherwise. A blank
 * at the start would be a folded line.
 */
function nameEnd(bytes: Uint8Array, from: number): number {
	for (let at = from; at < bytes.length; at++) {
		const code = bytes[at] as number
		if (code === COLON) return at
		const letter = (code | 0x20) >= 97 && (code | 0x20) <= 122
		if (!letter && code !== 45 && (code < 48 || code > 57)) return -1
	}
	return -1
}

function isBlank(code: number): boolean {
	return code === SPACE || code === TAB
}
