import { randomBytes, randomUUID } from 'node:crypto'

/** The one way for services to come by what cannot be guessed; a simulation has a seeded one. */
export interface RandomSource {
	bytes(length: number): Uint8Array
	/** A version 4 UUID (RFC 9562 5.4). */
	uuid(): string
}

/** The operating system's generator. */
export const systemRandom: RandomSource = { bytes: (length) => randomBytes(length), uuid: () => randomUUID() }
