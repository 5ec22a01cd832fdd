const HEAD_END = Buffer.from('\r\n\r\n')
const CR = 0x0d
const LF = 0x0a
/** More than any message of a test; a stream that needs more is none of SIP. */
const MAX_BUFFERED_BYTES = 256 * 1024

/** Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 18.3); blank lines between them are keep-alives (RFC 5626 3.5.1). */
export class SipFraming {
	#buffer: Buffer = Buffer.alloc(0)

	/** True when so much waits for its end that the stream cannot be SIP: the connection is to be cut. */
	get isHopeless(): boolean {
		return this.#buffer.length > MAX_BUFFERED_BYTES
	}

	/** What the new bytes complete: whole messages, and how many pings (double CRLF) came before or between them. */
	push(chunk: Buffer): { readonly messages: Uint8Array[]; readonly pings: number } {
		this.#buffer = Buffer.concat([this.#buffer, chunk])
		const messages: Uint8Array[] = []
		let pings = 0
		for (;;) {
			const blank = this.#skipBlankLines()
			pings += Math.floor(blank / HEAD_END.length)
			const length = this.#messageLength()
			if (length === undefined) return { messages, pings }
			// A copy, so that the message does not keep the whole stream's buffer alive.
			messages.push(Uint8Array.from(this.#buffer.subarray(0, length)))
			this.#buffer = this.#buffer.subarray(length)
		}
	}

	#skipBlankLines(): number {
		let end = 0
		while (this.#buffer[end] === CR || this.#buffer[end] === LF) end++
		this.#buffer = this.#buffer.subarray(end)
		return end
	}

	#messageLength(): number | undefined {
		const headEnd = this.#buffer.indexOf(HEAD_END)
		if (headEnd < 0) return undefined
		const head = this.#buffer.toString('latin1', 0, headEnd)
		const stated = /^(?:content-length|l)[ \t]*:[ \t]*(\d+)/im.exec(head)?.[1]
		const length = headEnd + HEAD_END.length + Number(stated ?? 0)
		return length <= this.#buffer.length ? length : undefined
	}
}
