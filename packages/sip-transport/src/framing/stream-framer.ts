import { contentLengthOf } from './content-length.ts'

/** Why a stream can no longer be cut into messages. The connection has to be closed after it. */
export type FramingFault =
	| 'not-sip'
	| 'headers-too-large'
	| 'message-too-large'
	| 'content-length-missing'
	| 'content-length-invalid'

/** One thing found in a stream. `crlf` is half a ping or a whole pong (RFC 5626 4.4.1). */
export type StreamItem =
	| { readonly type: 'message'; readonly bytes: Uint8Array }
	| { readonly type: 'crlf' }
	/** `headers` is the whole header block when it was seen, so that the sender can be answered. */
	| { readonly type: 'broken'; readonly fault: FramingFault; readonly headers: Uint8Array | undefined }

export interface FramingLimits {
	readonly maxHeaderBytes: number
	readonly maxMessageBytes: number
}

const CR = 0x0d
const LF = 0x0a
const CRLF = '\r\n'
const HEADERS_END = '\r\n\r\n'
const EMPTY = Buffer.alloc(0)

/**
 * Cuts a TCP or TLS byte stream into SIP messages by Content-Length (RFC 3261 18.3).
 *
 * What comes out depends on the bytes only, never on how they were cut on their way. Memory is bounded by
 * the limits, and no byte is copied more than a few times however small the pieces are.
 */
export class StreamFramer {
	readonly #limits: FramingLimits
	/** The incomplete message; `#filled` bytes of it are in use. */
	#pending: Buffer = EMPTY
	#filled = 0
	/** Where the search for the end of the header block goes on, so that slow senders do not make it quadratic. */
	#scanned = 0
	/** Length of the message whose header block is complete but whose body is not; 0 when not known. */
	#expected = 0
	#broken = false

	constructor(limits: FramingLimits) {
		this.#limits = limits
	}

	/** Whether a message has begun and is not complete. */
	get partial(): boolean {
		return this.#filled > 0
	}

	/** Takes the next bytes of the stream. After a `broken` item everything is ignored. */
	push(chunk: Uint8Array): StreamItem[] {
		if (this.#broken || chunk.length === 0) return []
		const wasEmpty = this.#filled === 0
		const data = wasEmpty ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : this.#append(chunk)
		if (this.#expected > data.length) return []
		const items: StreamItem[] = []
		const consumed = this.#cut(data, items)
		if (this.#broken) this.#keep(EMPTY)
		else if (wasEmpty || consumed > 0) this.#keep(data.subarray(consumed))
		return items
	}

	/** Adds to the incomplete message, growing by doubling. */
	#append(chunk: Uint8Array): Buffer {
		const length = this.#filled + chunk.length
		if (length > this.#pending.length) {
			const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#pending.length * 2))
			this.#pending.copy(grown, 0, 0, this.#filled)
			this.#pending = grown
		}
		this.#pending.set(chunk, this.#filled)
		this.#filled = length
		return this.#pending.subarray(0, length)
	}

	/** Keeps a copy of the rest: messages already handed out are views of the old buffer. */
	#keep(rest: Buffer): void {
		this.#filled = rest.length
		this.#pending = EMPTY
		if (rest.length === 0) return
		this.#pending = Buffer.allocUnsafeSlow(Math.max(rest.length, 512))
		rest.copy(this.#pending)
	}

	/** Moves whole items out of `data`; returns how many bytes they took. */
	#cut(data: Buffer, items: StreamItem[]): number {
		let position = 0
		while (position < data.length) {
			const first = data[position]
			if (first === CR) {
				if (position + 1 === data.length) break
				if (data[position + 1] !== LF) return this.#fail('not-sip', undefined, items)
				items.push({ type: 'crlf' })
				position += 2
				continue
			}
			const length = this.#messageLength(data.subarray(position), items)
			if (length === undefined) break
			items.push({ type: 'message', bytes: data.subarray(position, position + length) })
			position += length
			this.#scanned = 0
			this.#expected = 0
		}
		return position
	}

	/** The length of the message at the start of `data`, or undefined when it is incomplete (or broken). */
	#messageLength(data: Buffer, items: StreamItem[]): number | undefined {
		if (this.#expected === 0) this.#expected = this.#readHeaders(data, items)
		return this.#expected > 0 && data.length >= this.#expected ? this.#expected : undefined
	}

	/** Header and body length once the header block is complete; 0 before that and when the stream is broken. */
	#readHeaders(data: Buffer, items: StreamItem[]): number {
		const { maxHeaderBytes, maxMessageBytes } = this.#limits
		const window = data.length > maxHeaderBytes ? data.subarray(0, maxHeaderBytes) : data
		if (!looksLikeSip(window)) return this.#fail('not-sip', undefined, items)
		const end = window.indexOf(HEADERS_END, Math.max(0, this.#scanned - 3))
		this.#scanned = window.length
		if (end < 0) return data.length >= maxHeaderBytes ? this.#fail('headers-too-large', undefined, items) : 0
		const headers = window.subarray(0, end + HEADERS_END.length)
		const body = contentLengthOf(headers)
		if (typeof body === 'string') return this.#fail(`content-length-${body}`, headers, items)
		if (headers.length + body > maxMessageBytes) return this.#fail('message-too-large', headers, items)
		return headers.length + body
	}

	#fail(fault: FramingFault, headers: Uint8Array | undefined, items: StreamItem[]): 0 {
		this.#broken = true
		items.push({ type: 'broken', fault, headers })
		return 0
	}
}

/** RFC 3261 7.1, 7.2: `Method SP URI SP SIP/x.y` or `SIP/x.y SP code SP reason`; undecided lines pass. */
function looksLikeSip(data: Buffer): boolean {
	const first = data[0] ?? 0
	if (first < 0x21 || first > 0x7e) return false
	const end = data.indexOf(CRLF)
	if (end < 0) return true
	const line = data.toString('latin1', 0, end)
	return /^SIP\/\d/i.test(line) || / SIP\/\d+\.\d+[ \t]*$/i.test(line)
}
