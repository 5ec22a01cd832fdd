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

const START = 'SIP/2.0 '
const CR = 13
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
	/** Start, colon and end of each header line, three numbers a line. */
	readonly #lines: readonly number[]
	readonly #reasonEnd: number

	constructor(bytes: Uint8Array, text: string, lines: readonly number[], status: number, reasonEnd: number) {
		this.#bytes = bytes
		this.#text = text
		this.#lines = lines
		this.status = status
		this.#reasonEnd = reasonEnd
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
		for (let line = this.#find(name, 0); line >= 0; line = this.#find(name, line + 3)) values.push(this.#value(line))
		return values
	}

	/** Index of the first line of that name from there on, or -1. */
	#find(name: string, from: number): number {
		const lines = this.#lines
		const canonical = canonicalHeaderName(name)
		const compact = compactFormOf(canonical)
		for (let line = from; line < lines.length; line += 3) {
			const start = lines[line] as number
			const length = (lines[line + 1] as number) - start
			if (length !== canonical.length && !(length === 1 && compact !== undefined)) continue
			// Setting bit 5 makes an ASCII letter small; whether it is the right one is seen next.
			const wanted = length === canonical.length ? canonical : (compact as string)
			if ((this.#text.charCodeAt(start) | 0x20) !== wanted.charCodeAt(0)) continue
			if (this.#text.slice(start, start + length).toLowerCase() === wanted) return line
		}
		return -1
	}

	#value(line: number): string {
		return this.#valueAt((this.#lines[line + 1] as number) + 1, this.#lines[line + 2] as number)
	}

	#valueAt(from: number, to: number): string {
		let start = from
		let end = to
		while (start < end && isBlank(this.#text.charCodeAt(start))) start++
		while (end > start && isBlank(this.#text.charCodeAt(end - 1))) end--
		return this.#textAt(start, end)
	}

	#textAt(start: number, end: number): string {
		for (let i = start; i < end; i++) {
			if (this.#text.charCodeAt(i) > 0x7f) return decodeText(this.#bytes, start, end)
		}
		return this.#text.slice(start, end)
	}
}

/**
 * Finds the lines of a response. Undefined for everything else: requests, folded or malformed lines, stray line
 * breaks, repeated or missing fields that may be there once, a body that is cut off, and what exceeds a bound.
 */
export function readLightResponse(bytes: Uint8Array): LightResponse | undefined {
	if (bytes[0] !== 0x53 || bytes[3] !== 0x2f || bytes.length > maxMessageBytes) return undefined
	const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const text = buffer.toString('latin1')
	const reasonEnd = lineEnd(text, 0)
	const status = statusOf(text, reasonEnd)
	if (status === 0 || !isBounded(text, 0, reasonEnd)) return undefined
	const lines: number[] = []
	let at = reasonEnd + 2
	for (;;) {
		const end = lineEnd(text, at)
		if (end < 0) return undefined
		if (end === at) break
		if (lines.length === 3 * maxHeaders) return undefined
		const colon = text.indexOf(':', at)
		if (colon <= at || colon >= end || !isPlainName(text, at, colon) || !isBounded(text, at, end)) return undefined
		lines.push(at, colon, end)
		at = end + 2
	}
	const response = new LightResponse(bytes, text, lines, status, reasonEnd)
	return isSound(response, bytes.length - at - 2) ? response : undefined
}

/** Where the line ends that begins there; -1 when it does not end by CR LF, or has a stray CR or LF. */
function lineEnd(text: string, from: number): number {
	const feed = text.indexOf('\n', from)
	if (feed <= from || text.charCodeAt(feed - 1) !== CR) return -1
	return text.indexOf('\r', from) === feed - 1 ? feed - 1 : -1
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

/** Letters, digits and hyphens: the names in use. A blank at the start would be a folded line. */
function isPlainName(text: string, from: number, to: number): boolean {
	for (let i = from; i < to; i++) {
		const code = text.charCodeAt(i)
		const letter = (code | 0x20) >= 97 && (code | 0x20) <= 122
		if (!letter && code !== 45 && (code < 48 || code > 57)) return false
	}
	return true
}

function isSound(response: LightResponse, bodyBytes: number): boolean {
	for (const name of ONCE) if (response.all(name).length !== 1) return false
	if (response.get('Via') === undefined || !parseCSeq(response.get('CSeq') ?? '')) return false
	const lengths = response.all('Content-Length')
	if (lengths.length === 0) return true
	const [stated] = lengths
	return lengths.length === 1 && stated !== undefined && /^\d{1,9}$/.test(stated) && Number(stated) <= bodyBytes
}

const ONCE = ['CSeq', 'Call-ID', 'From', 'To'] as const

function isBlank(code: number): boolean {
	return code === SPACE || code === TAB
}
