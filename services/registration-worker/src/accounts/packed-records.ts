/** Words of a usual chunk: 256 KiB. A longer record gets a chunk of its own. */
const CHUNK_BITS = 16
const CHUNK_WORDS = 2 ** CHUNK_BITS
/** Number, length of the head, length of the body. */
const HEADER_WORDS = 3
const WORD = 4
const NOWHERE = -1
const FIRST_SLOTS = 256

interface Chunk {
	readonly words: Uint32Array
	readonly bytes: Buffer
	/** Words written so far. */
	used: number
	/** Those of them that belong to a record that is still there. */
	live: number
}

/**
 * Two texts for each number, one byte a character, kept outside of the heap: a million strings would be marked and swept by
 * every collection. Texts are appended to chunks; a chunk of which half is dead is emptied into the present one, so that at
 * most twice the memory of what is there is taken.
 */
export class PackedRecords {
	readonly #chunks: (Chunk | undefined)[] = []
	readonly #freeChunks: number[] = []
	#open = NOWHERE
	/** Chunk number times `CHUNK_WORDS` plus the word that the record begins at: 31 bits reach 8 GiB. */
	#places = new Int32Array(FIRST_SLOTS).fill(NOWHERE)

	/** Memory that its chunks take, octets. */
	get bytes(): number {
		return this.#chunks.reduce((sum, chunk) => sum + (chunk?.bytes.length ?? 0), 0)
	}

	/** The first text of that number; undefined when nothing is kept. */
	head(slot: number): string | undefined {
		return this.#text(slot, 'head')
	}

	/** The second one. */
	body(slot: number): string | undefined {
		return this.#text(slot, 'body')
	}

	/** Keeps the texts in place of those before; their characters must be below U+0100. */
	set(slot: number, head: string, body: string): void {
		this.delete(slot)
		this.#reserve(slot)
		const size = sizeOf(head.length, body.length)
		const place = this.#take(size)
		const { words, bytes } = this.#chunkOf(place)
		const at = place & (CHUNK_WORDS - 1)
		words[at] = slot
		words[at + 1] = head.length
		words[at + 2] = body.length
		const from = (at + HEADER_WORDS) * WORD
		bytes.write(head, from, 'latin1')
		bytes.write(body, from + head.length, 'latin1')
		this.#places[slot] = place
	}

	delete(slot: number): void {
		const place = this.#places[slot] ?? NOWHERE
		if (place === NOWHERE) return
		this.#places[slot] = NOWHERE
		const number = place >>> CHUNK_BITS
		const chunk = this.#chunkOf(place)
		chunk.live -= recordSize(chunk, place & (CHUNK_WORDS - 1))
		if (number !== this.#open && isHalfDead(chunk)) this.#empty(number, chunk)
	}

	#text(slot: number, which: 'head' | 'body'): string | undefined {
		const place = this.#places[slot] ?? NOWHERE
		if (place === NOWHERE) return undefined
		const { words, bytes } = this.#chunkOf(place)
		const at = place & (CHUNK_WORDS - 1)
		const start = (at + HEADER_WORDS) * WORD
		const middle = start + (words[at + 1] as number)
		if (which === 'head') return bytes.toString('latin1', start, middle)
		return bytes.toString('latin1', middle, middle + (words[at + 2] as number))
	}

	#chunkOf(place: number): Chunk {
		return this.#chunks[place >>> CHUNK_BITS] as Chunk
	}

	/** Room for so many words. */
	#take(size: number): number {
		let chunk = this.#chunks[this.#open]
		if (!chunk || chunk.used + size > chunk.words.length) {
			const before = this.#open
			chunk = this.#openAnother(Math.max(size, CHUNK_WORDS))
			const full = this.#chunks[before]
			// What died while the chunk was the present one is looked at now.
			if (full && isHalfDead(full)) this.#empty(before, full)
			return this.#take(size)
		}
		const place = this.#open * CHUNK_WORDS + chunk.used
		chunk.used += size
		chunk.live += size
		return place
	}

	#openAnother(words: number): Chunk {
		const memory = new ArrayBuffer(words * WORD)
		const chunk: Chunk = { words: new Uint32Array(memory), bytes: Buffer.from(memory), used: 0, live: 0 }
		this.#open = this.#freeChunks.pop() ?? this.#chunks.length
		this.#chunks[this.#open] = chunk
		return chunk
	}

	/** Moves what is left of a chunk, and lets it go. */
	#empty(number: number, chunk: Chunk): void {
		for (let at = 0; at < chunk.used; at += recordSize(chunk, at)) {
			const slot = chunk.words[at] as number
			if (this.#places[slot] !== number * CHUNK_WORDS + at) continue
			const size = recordSize(chunk, at)
			const place = this.#take(size)
			this.#chunkOf(place).words.set(chunk.words.subarray(at, at + size), place & (CHUNK_WORDS - 1))
			this.#places[slot] = place
		}
		this.#chunks[number] = undefined
		this.#freeChunks.push(number)
	}

	#reserve(slot: number): void {
		const before = this.#places
		if (slot < before.length) return
		this.#places = new Int32Array(Math.max(slot + 1, Math.ceil(before.length * 1.25))).fill(NOWHERE, before.length)
		this.#places.set(before)
	}
}

function isHalfDead({ live, used }: Chunk): boolean {
	return live * 2 <= used
}

function recordSize({ words }: Chunk, at: number): number {
	return sizeOf(words[at + 1] as number, words[at + 2] as number)
}

function sizeOf(headLength: number, bodyLength: number): number {
	return HEADER_WORDS + Math.ceil((headLength + bodyLength) / WORD)
}
