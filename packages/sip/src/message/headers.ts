import { canonicalHeaderName } from './header-names.ts'

/** One header field as it stands in a message: the name keeps the sender's spelling, the value is unfolded and trimmed. */
export interface HeaderField {
	readonly name: string
	readonly value: string
}

/**
 * The header fields of one message, in order, unknown ones included (RFC 3261 7.3.1).
 *
 * Look-ups are case-insensitive and know the compact forms (RFC 3261 7.3.3). Values are opaque
 * text here: nothing is parsed before somebody asks for it.
 */
export class Headers implements Iterable<HeaderField> {
	readonly #fields: HeaderField[]
	/** The canonical name of each field, index for index. */
	readonly #keys: string[]

	/** With `keys`, the canonical names of the fields, both arrays become this object's own and are not copied: the parser's way. */
	constructor(fields: Iterable<HeaderField> = [], keys?: string[]) {
		this.#fields = keys && Array.isArray(fields) ? fields : [...fields]
		this.#keys = keys ?? this.#fields.map((field) => canonicalHeaderName(field.name))
	}

	get size(): number {
		return this.#fields.length
	}

	[Symbol.iterator](): Iterator<HeaderField> {
		return this.#fields[Symbol.iterator]()
	}

	/** The value of the first field of that name. */
	get(name: string): string | undefined {
		return this.#fields[this.#indexOf(name)]?.value
	}

	/** The values of every field of that name, in order, one entry a field (comma lists are not split; see `headerList`). */
	all(name: string): string[] {
		const wanted = canonicalHeaderName(name)
		const values: string[] = []
		for (let i = 0; i < this.#keys.length; i++) {
			if (this.#keys[i] === wanted) values.push((this.#fields[i] as HeaderField).value)
		}
		return values
	}

	has(name: string): boolean {
		return this.#indexOf(name) >= 0
	}

	/** How many fields of that name there are. */
	count(name: string): number {
		const wanted = canonicalHeaderName(name)
		let count = 0
		for (const key of this.#keys) if (key === wanted) count++
		return count
	}

	/** Adds a field after all others. */
	append(name: string, value: string): this {
		this.#fields.push({ name, value })
		this.#keys.push(canonicalHeaderName(name))
		return this
	}

	/** Adds a field before all others of that name (where Via, Route and Record-Route are pushed), else before everything. */
	prepend(name: string, value: string): this {
		const index = Math.max(this.#indexOf(name), 0)
		this.#fields.splice(index, 0, { name, value })
		this.#keys.splice(index, 0, canonicalHeaderName(name))
		return this
	}

	/** Replaces the first field of that name in place and removes its other occurrences; appends when there was none. */
	set(name: string, value: string): this {
		const index = this.#indexOf(name)
		if (index < 0) return this.append(name, value)
		this.#fields[index] = { name, value }
		this.#removeFrom(index + 1, canonicalHeaderName(name))
		return this
	}

	/** Replaces only the first field of that name (a stack's top); false when there was none. */
	replaceFirst(name: string, value: string): boolean {
		const index = this.#indexOf(name)
		if (index < 0) return false
		this.#fields[index] = { name, value }
		return true
	}

	/** Removes every field of that name. */
	remove(name: string): this {
		this.#removeFrom(0, canonicalHeaderName(name))
		return this
	}

	/** Removes the first field of that name and returns its value (pops a Via or Route that holds one entry a field). */
	removeFirst(name: string): string | undefined {
		const index = this.#indexOf(name)
		if (index < 0) return undefined
		this.#keys.splice(index, 1)
		return this.#fields.splice(index, 1)[0]?.value
	}

	clone(): Headers {
		return new Headers(this.#fields.slice(), this.#keys.slice())
	}

	#indexOf(name: string): number {
		return this.#keys.indexOf(canonicalHeaderName(name))
	}

	#removeFrom(start: number, key: string): void {
		for (let i = this.#keys.length - 1; i >= start; i--) {
			if (this.#keys[i] !== key) continue
			this.#fields.splice(i, 1)
			this.#keys.splice(i, 1)
		}
	}
}
