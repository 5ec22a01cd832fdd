import type { RandomText } from '@vigil/runtime'

/** Bytes asked for at a time: each question costs as much as hundreds of bytes. */
const POOL_BYTES = 3072

/** Texts of 16 URL-safe characters (96 random bits), cut out of long random ones. */
export class RandomPool {
	readonly #random: RandomText
	#text = ''
	#at = 0

	constructor(random: RandomText) {
		this.#random = random
	}

	next(): string {
		if (this.#at + 16 > this.#text.length) {
			this.#text = this.#random.token(POOL_BYTES)
			this.#at = 0
			// A source that gives shorter texts is taken as it is.
			if (this.#text.length < 32) {
				this.#at = this.#text.length
				return this.#text
			}
		}
		this.#at += 16
		return this.#text.slice(this.#at - 16, this.#at)
	}
}
