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

	constructor(fields: Iterable<HeaderField> = []) {
		this.#fields = [...fields]
	}

	get size(): number {
		return this.#fields.length
	}

	[Symbol.iterator](): Iterator<HeaderField> {
		return this.#fields[Symbol.iterator]()
	}

	/** The value of the first field of that name. */
	get(name: string): string | undefined {
		const wanted = canonicalHeaderName(name)
		for (const field of this.#fields) {
			if (canonicalHeaderName(field.name) === wanted) return field.value
		}
		return undefined
	}

	/** The values of every field of that name, in order, one entry a field (comma lists are not split; see `splitList`). */
	all(name: string): string[] {
		const wanted = canonicalHeaderName(name)
		return this.#fields.filter((field) => canonicalHeaderName(field.name) === wanted).map((field) => field.value)
	}

	has(name: string): boolean {
		return this.get(name) !== undefined
	}

	/** Adds a field after all others. */
	append(name: string, value: string): this {
		this.#fields.push({ name, value })
		return this
	}

	/** Adds a field before all others of that name (where Via, Route and Record-Route are pushed). */
	prepend(name: string, value: string): this {
		const wanted = canonicalHeaderName(name)
		const index = this.#fields.findIndex((field) => canonicalHeaderName(field.name) === wanted)
		this.#fields.splice(index < 0 ? 0 : index, 0, { name, value })
		return this
	}

	/** Replaces the first field of that name in place and removes its other occurrences; appends when there was none. */
	set(name: string, value: string): this {
		const wanted = canonicalHeaderName(name)
		const index = this.#fields.findIndex((field) => canonicalHeaderName(field.name) === wanted)
		if (index < 0) return this.append(name, value)
		this.#fields[index] = { name, value }
		for (let i = this.#fields.length - 1; i > index; i--) {
			const field = this.#fields[i]
			if (field && canonicalHeaderName(field.name) === wanted) this.#fields.splice(i, 1)
		}
		return this
	}

	/** Replaces only the first field of that name (a stack's top); false when there was none. */
	replaceFirst(name: string, value: string): boolean {
		const wanted = canonicalHeaderName(name)
		const index = this.#fields.findIndex((field) => canonicalHeaderName(field.name) === wanted)
		if (index < 0) return false
		this.#fields[index] = { name, value }
		return true
	}

	/** Removes every field of that name. */
	remove(name: string): this {
		const wanted = canonicalHeaderName(name)
		for (let i = this.#fields.length - 1; i >= 0; i--) {
			const field = this.#fields[i]
			if (field && canonicalHeaderName(field.name) === wanted) this.#fields.splice(i, 1)
		}
		return this
	}

	/** Removes the first field of that name and returns its value (pops a Via or Route that holds one entry a field). */
	removeFirst(name: string): string | undefined {
		const wanted = canonicalHeaderName(name)
		const index = this.#fields.findIndex((field) => canonicalHeaderName(field.name) === wanted)
		if (index < 0) return undefined
		return this.#fields.splice(index, 1)[0]?.value
	}

	clone(): Headers {
		return new Headers(this.#fields)
	}
}
