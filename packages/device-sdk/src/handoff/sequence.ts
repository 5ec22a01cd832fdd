/**
 * Numbers for the statements of one app install, each higher than all before, through restarts of the app: they begin at the
 * clock. Where the clock was ahead in an earlier life, the service tells the highest number that it has seen.
 */
export class Sequence {
	readonly #now: () => number
	#last = 0

	constructor(now: () => number) {
		this.#now = now
	}

	next(): number {
		this.#last = Math.max(this.#last + 1, Math.floor(this.#now()))
		return this.#last
	}

	/** Goes on above this number. */
	adopt(highest: number): void {
		this.#last = Math.max(this.#last, highest)
	}
}
