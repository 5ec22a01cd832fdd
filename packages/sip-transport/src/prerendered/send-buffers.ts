import { Buffer } from 'node:buffer'
import { encodeText } from '@vigil/sip'

/** Room for a REGISTER with credentials; what is longer gets a buffer of its own. */
const ROOM = 2048
const CHUNKS = 32
/** Octets of the longest character. */
const LONGEST = 4
/** More than are on their way at a time; the rest is left to the collector. */
const MOST_FREE = 4096

/** Memory for one message, used again and again. */
export interface SendBuffer {
	/** The message in octets, as long as nobody else has the buffer. */
	readonly bytes: Buffer
}

class Chunk implements SendBuffer {
	readonly room: Buffer
	bytes: Buffer

	constructor(room: Buffer) {
		this.room = room
		this.bytes = room
	}
}

/**
 * Memory for messages that leave at once and are forgotten with their answer: without it each would take fresh memory,
 * which the system clears page by page.
 */
export class SendBuffers {
	readonly #free: Chunk[] = []

	/** The text in UTF-8, kept octets (see `encodeText`) as they came. */
	write(text: string): SendBuffer {
		if (!text.isWellFormed()) return { bytes: Buffer.from(encodeText(text)) }
		const chunk = this.#free.pop() ?? this.#more()
		const length = chunk.room.write(text, 0, 'utf8')
		// Writing ends before the first character for which there is no room: cheaper than counting octets beforehand.
		if (length > ROOM - LONGEST) {
			this.#free.push(chunk)
			return { bytes: Buffer.from(text, 'utf8') }
		}
		if (chunk.bytes.length !== length) chunk.bytes = chunk.room.subarray(0, length)
		return chunk
	}

	/** Nobody sends it or looks at it any more. */
	giveBack(buffer: SendBuffer): void {
		if (buffer instanceof Chunk && this.#free.length < MOST_FREE) this.#free.push(buffer)
	}

	#more(): Chunk {
		const slab = Buffer.allocUnsafeSlow(ROOM * CHUNKS)
		for (let i = 1; i < CHUNKS; i++) this.#free.push(new Chunk(slab.subarray(i * ROOM, (i + 1) * ROOM)))
		return new Chunk(slab.subarray(0, ROOM))
	}
}
