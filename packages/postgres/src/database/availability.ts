import { DatabaseUnavailableError } from './database-error.ts'

/** Failures that speak of the server as a whole rather than of one connection or statement. */
const AWAY: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ETIMEDOUT',
	'CONNECT_TIMEOUT',
	'SILENCE',
	'57P03',
])

const LOOK_EVERY_MS = 250

export interface AvailabilityOptions {
	/** Asks the server for a sign of life by a connection of its own; rejects when there is none in time. */
	readonly probe: () => Promise<unknown>
	/** Whether nothing was heard of the server lately on any connection: then a failure needs no second opinion. */
	readonly isSilent: () => boolean
	/** Ends all connections: what is under way on them will not be answered. */
	readonly renew: () => void
}

/**
 * Whether the server is there. Once it was found away, statements are refused at once, so that nobody waits in a row for what
 * does not answer; probes go on until one is answered.
 */
export class Availability {
	readonly #options: AvailabilityOptions
	#away: DatabaseUnavailableError | undefined
	#looking = false
	#timer: NodeJS.Timeout | undefined
	#closed = false

	constructor(options: AvailabilityOptions) {
		this.#options = options
	}

	/** Why statements are refused just now; undefined while they are not. */
	get refusal(): DatabaseUnavailableError | undefined {
		return this.#away
	}

	/** A statement has failed: the server is looked at, unless the failure was the statement's own. */
	failed(error: unknown): void {
		if (this.#looking || this.#closed || !(error instanceof DatabaseUnavailableError) || !AWAY.has(error.code)) return
		this.#looking = true
		if (this.#options.isSilent()) this.#gone(error)
		// The driver may keep what it did not get rid of when a connection ended, and fail with it at every dial.
		else if (error.code === 'CONNECT_TIMEOUT') this.#options.renew()
		void this.#look()
	}

	close(): void {
		this.#closed = true
		clearTimeout(this.#timer)
	}

	#gone(error: DatabaseUnavailableError): void {
		const before = this.#away
		this.#away = error
		if (!before) this.#options.renew()
	}

	async #look(): Promise<void> {
		try {
			await this.#options.probe()
			this.#away = undefined
			this.#looking = false
		} catch (error) {
			if (this.#closed) return
			if (error instanceof DatabaseUnavailableError) this.#gone(error)
			this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY_MS)
			this.#timer.unref()
		}
	}
}
