/** A payload does not fit the catalog: a bug of the caller, never worth a retry. */
export class InvalidPayloadError extends Error {
	constructor(name: string, detail: string) {
		super(`payload of ${name} is invalid: ${detail}`)
		this.name = 'InvalidPayloadError'
	}
}

/** The store did not take or answer in time. */
export class QueueUnavailableError extends Error {
	constructor(doing: string, cause: unknown) {
		super(`${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
		this.name = 'QueueUnavailableError'
	}
}

/** Thrown by a handler whose job will never succeed: it is not run again. */
export class PermanentJobError extends Error {
	constructor(message: string, options?: ErrorOptions) {
		super(message, options)
		this.name = 'PermanentJobError'
	}
}
