const REDACTED = '[redacted]'

/**
 * Text that must never reach a log, an error or a push: it prints as `[redacted]` wherever it is
 * formatted, and gives its content only to `reveal()`.
 */
export class Secret {
	readonly #text: string

	constructor(text: string) {
		this.#text = text
	}

	/** The text itself; call it where it is used, and keep the result nowhere. */
	reveal(): string {
		return this.#text
	}

	toString(): string {
		return REDACTED
	}

	toJSON(): string {
		return REDACTED
	}

	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return REDACTED
	}
}
