import { BoundedMap } from './bounded-map.ts'

/** A set that forgets what was added longest ago once it holds more than `max` values. Adding a value again makes it the newest. */
export class BoundedSet<Value> {
	readonly #values: BoundedMap<Value, true>

	/**
	 * @param max Values at the most.
	 * @param onForgotten Called with each value that had to go for a newer one, and with none that was deleted.
	 */
	constructor(max: number, onForgotten?: (value: Value) => void) {
		this.#values = new BoundedMap(max, onForgotten)
	}

	get size(): number {
		return this.#values.size
	}

	has(value: Value): boolean {
		return this.#values.has(value)
	}

	add(value: Value): void {
		this.#values.set(value, true)
	}

	/** Whether the value was there. */
	delete(value: Value): boolean {
		return this.#values.delete(value)
	}
}
