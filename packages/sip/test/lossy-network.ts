import fc from 'fast-check'
import type { VirtualTime } from './virtual-time.ts'

/** What becomes of one message: the delays of the copies that arrive, milliseconds; none when it is lost. */
export type Fate = readonly number[]

/** Loses, doubles, delays and thereby reorders; no message lives longer than `longestMs`. */
export function fates(longestMs: number): fc.Arbitrary<Fate[]> {
	const delay = fc.integer({ min: 1, max: longestMs })
	const fate: fc.Arbitrary<Fate> = fc.oneof(
		{ weight: 4, arbitrary: fc.tuple(delay) },
		{ weight: 3, arbitrary: fc.constant([]) },
		{ weight: 2, arbitrary: fc.tuple(delay, delay) },
	)
	return fc.array(fate, { maxLength: 60 })
}

/** A one-way path. Each message sent has the next fate of the list, and arrives once, quickly, when the list is used up. */
export class LossyPath<Message> {
	sent = 0
	readonly #time: VirtualTime
	readonly #fates: readonly Fate[]
	readonly #arrive: (message: Message) => void

	constructor(time: VirtualTime, fates: readonly Fate[], arrive: (message: Message) => void) {
		this.#time = time
		this.#fates = fates
		this.#arrive = arrive
	}

	send(message: Message): void {
		const fate = this.#fates[this.sent++] ?? [1]
		for (const delayMs of fate) this.#time.after(delayMs, () => this.#arrive(message))
	}
}
