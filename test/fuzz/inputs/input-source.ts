import { SeededRandom } from '@vigil/testkit'
import { corpus } from './corpus.ts'
import { mutate } from './mutate.ts'

/** What is thrown at a target at one go. */
export interface FuzzInput {
	readonly bytes: Buffer
	/** Chooses the way in, where a target has several. */
	readonly way: number
	/** Where a stream is cut, ascending offsets into the bytes. */
	readonly cuts: readonly number[]
}

/** Some inputs go in unchanged, so that the target has real work to do in between. */
const UNCHANGED = 0.1
const MAX_CUTS = 12

/** The inputs of a seed: the n-th is the same whatever came before it, so that it can be made again alone. */
export class InputSource {
	readonly #seed: number
	readonly #corpus = corpus()

	/** `name` makes the inputs of each target different. */
	constructor(seed: number, name: string) {
		this.#seed = [...name].reduce((hash, char) => (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0, seed >>> 0)
	}

	input(index: number): FuzzInput {
		const random = new SeededRandom((this.#seed + Math.imul(index, 0x9e3779b1)) >>> 0)
		const other = () => random.pick(this.#corpus)
		const message = other()
		const bytes = random.chance(UNCHANGED) ? message : mutate(message, random, other)
		const cuts = Array.from({ length: random.integer(0, MAX_CUTS) }, () => random.integer(0, bytes.length))
		return { bytes, way: random.integer(0, 0x7fff_ffff), cuts: cuts.sort((a, b) => a - b) }
	}
}

/** The bytes in the pieces that the cuts make. */
export function pieces({ bytes, cuts }: Pick<FuzzInput, 'bytes' | 'cuts'>): Buffer[] {
	const bounds = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length]
	return bounds.slice(1).flatMap((end, i) => {
		const piece = bytes.subarray(bounds[i] ?? 0, end)
		return piece.length === 0 ? [] : [piece]
	})
}
