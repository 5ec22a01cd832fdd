/** How much is under way, and a way to wait until nothing is. */
export class Activity {
	#count = 0
	readonly #waiting = new Set<() => void>()

	get count(): number {
		return this.#count
	}

	begin(): void {
		this.#count++
	}

	end(): void {
		this.#count--
		if (this.#count > 0) return
		for (const resolve of this.#waiting) resolve()
		this.#waiting.clear()
	}

	/** Resolves when nothing is under way. */
	idle(): Promise<void> {
		if (this.#count === 0) return Promise.resolve()
		return new Promise((resolve) => this.#waiting.add(resolve))
	}
}
