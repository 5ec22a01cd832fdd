/**
 * A map that forgets what was written longest ago once it holds more than `max` entries, so that nobody can make it grow. Writing an
 * entry again makes it the newest; reading changes nothing.
 */
export class BoundedMap<Key, Value> {
	readonly #max: number
	readonly #onForgotten: ((key: Key, value: Value) => void) | undefined
	/** The one written longest ago first. */
	readonly #entries = new Map<Key, Value>()
	/**
	 * Stands before the oldest entry. A new iterator would pass by every entry that was deleted since the map was last rebuilt, tens of
	 * thousands of them in a large one: a flood of new keys would cost twenty times as much.
	 */
	#oldest: Iterator<Key> | undefined
	/** An iterator keeps the tables alive that the map has outgrown since, so it is renewed after so many writes. */
	#writesUntilRenewed = 0

	/**
	 * @param max Entries at the most.
	 * @param onForgotten Called with each entry that had to go for a newer one, and with none that was deleted.
	 */
	constructor(max: number, onForgotten?: (key: Key, value: Value) => void) {
		this.#max = max
		this.#onForgotten = onForgotten
	}

	get size(): number {
		return this.#entries.size
	}

	has(key: Key): boolean {
		return this.#entries.has(key)
	}

	get(key: Key): Value | undefined {
		return this.#entries.get(key)
	}

	/** Writes the newest entry, and forgets the oldest where there are too many. */
	set(key: Key, value: Value): void {
		this.#entries.delete(key)
		this.#entries.set(key, value)
		if (--this.#writesUntilRenewed <= 0) this.#oldest = undefined
		if (this.#entries.size > this.#max) this.#forgetOldest()
	}

	/** Whether there was such an entry. */
	delete(key: Key): boolean {
		return this.#entries.delete(key)
	}

	clear(): void {
		this.#entries.clear()
	}

	keys(): IterableIterator<Key> {
		return this.#entries.keys()
	}

	values(): IterableIterator<Value> {
		return this.#entries.values()
	}

	#forgetOldest(): void {
		if (this.#oldest === undefined) {
			this.#oldest = this.#entries.keys()
			this.#writesUntilRenewed = this.#max
		}
		const { value: key, done } = this.#oldest.next()
		if (done) return
		const value = this.#entries.get(key) as Value
		this.#entries.delete(key)
		this.#onForgotten?.(key, value)
	}
}
