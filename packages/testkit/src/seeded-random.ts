const UINT32_RANGE = 2 ** 32

/**
 * A small pseudo-random generator (mulberry32): the same seed gives the same sequence on every
 * machine, so that a failing simulation can be replayed. Not for secrets.
 */
export class SeededRandom {
	readonly seed: number
	#state: number

	constructor(seed: number) {
		this.seed = seed
		this.#state = seed >>> 0
	}

	/** A number in [0, 1). */
	next(): number {
		return this.#uint32() / UINT32_RANGE
	}

	/** A whole number between `min` and `max`, both included. */
	integer(min: number, max: number): number {
		return min + Math.floor(this.next() * (max - min + 1))
	}

	/** True with the given probability, 0 (never) to 1 (always). */
	chance(probability: number): boolean {
		return this.next() < probability
	}

	/** One of the items, each equally likely. */
	pick<T>(items: readonly T[]): T {
		if (items.length === 0) throw new RangeError('nothing to pick from')
		return items[this.integer(0, items.length - 1)] as T
	}

	/** The same items in a random order; the given list is left as it is. */
	shuffle<T>(items: readonly T[]): T[] {
		const result = [...items]
		for (let i = result.length - 1; i > 0; i--) {
			const j = this.integer(0, i)
			;[result[i], result[j]] = [result[j] as T, result[i] as T]
		}
		return result
	}

	bytes(length: number): Uint8Array {
		return Uint8Array.from({ length }, () => this.#uint32() & 0xff)
	}

	/** A lower-case hexadecimal identifier of `length` characters. */
	id(length = 16): string {
		return Buffer.from(this.bytes(Math.ceil(length / 2)))
			.toString('hex')
			.slice(0, length)
	}

	/** A version 4 UUID in the usual notation. */
	uuid(): string {
		const bytes = this.bytes(16)
		bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
		bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
		const hex = Buffer.from(bytes).toString('hex')
		return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
	}

	/** An independent generator, so that one part of a simulation does not shift the numbers of another. */
	fork(): SeededRandom {
		return new SeededRandom(this.#uint32())
	}

	#uint32(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0
		let mixed = this.#state
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return (mixed ^ (mixed >>> 14)) >>> 0
	}
}

/** The seed of this test run: `VIGIL_TEST_SEED` when it is set, otherwise a fresh one. Print it when a test fails. */
export function testSeed(): number {
	const given = process.env.VIGIL_TEST_SEED
	if (given === undefined || given === '') return Math.floor(Math.random() * UINT32_RANGE)
	const seed = Number(given)
	if (!Number.isSafeInteger(seed)) throw new RangeError(`VIGIL_TEST_SEED is not a whole number: ${given}`)
	return seed
}
