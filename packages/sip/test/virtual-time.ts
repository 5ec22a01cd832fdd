interface Entry {
	readonly at: number
	readonly order: number
	readonly run: () => void
	cancelled: boolean
}

/** A clock that moves only when told: due entries run in order of time, then of their making. */
export class VirtualTime {
	#now = 0
	#made = 0
	#entries: Entry[] = []

	get now(): number {
		return this.#now
	}

	/** Runs `run` after `delayMs`; the function given back takes it back. */
	after(delayMs: number, run: () => void): () => void {
		const entry: Entry = { at: this.#now + delayMs, order: this.#made++, run, cancelled: false }
		this.#entries.push(entry)
		return () => {
			entry.cancelled = true
		}
	}

	/** Runs whatever comes until nothing is left; throws when that is not before `limitMs`. */
	runToEnd(limitMs = 3_600_000): void {
		for (let next = this.#take(); next; next = this.#take()) {
			if (next.at > limitMs) throw new Error(`still busy after ${limitMs} ms`)
			this.#now = next.at
			next.run()
		}
	}

	/** Runs what is due within the next `ms` milliseconds. */
	advance(ms: number): void {
		const end = this.#now + ms
		for (let next = this.#take(end); next; next = this.#take(end)) {
			this.#now = next.at
			next.run()
		}
		this.#now = end
	}

	#take(before = Number.POSITIVE_INFINITY): Entry | undefined {
		this.#entries = this.#entries.filter((entry) => !entry.cancelled)
		const first = this.#entries.reduce<Entry | undefined>(
			(best, entry) => (comesBefore(entry, best) ? entry : best),
			undefined,
		)
		if (!first || first.at > before) return undefined
		this.#entries = this.#entries.filter((entry) => entry !== first)
		return first
	}
}

function comesBefore(entry: Entry, best: Entry | undefined): boolean {
	return !best || entry.at < best.at || (entry.at === best.at && entry.order < best.order)
}
