import type { RandomSource } from '@vigil/runtime'
import type { SeededRandom } from '@vigil/testkit'

/** A source of bytes that a seed replays; it keeps no secret. */
export function seededSource(random: SeededRandom): RandomSource {
	return { bytes: (length) => random.bytes(length), uuid: () => random.uuid() }
}

/** URL-safe text of so many seeded bytes. */
export function seededText(random: SeededRandom, bytes: number): string {
	return Buffer.from(random.bytes(bytes)).toString('base64url')
}
