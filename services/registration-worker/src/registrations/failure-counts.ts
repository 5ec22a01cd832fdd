/** Failed REGISTERs of one cause at one SIP server. */
export interface FailureCount {
	/** `transport:host:port` of the SIP server; `others` beyond the bound, `none` where the account names no server. */
	readonly upstream: string
	/** The status of the answer, or `timeout`, `transport`, `local`. */
	readonly cause: string
	count: number
}

/** Pairs of server and cause that are told apart, so that metrics stay as many however many servers tenants name. */
const MOST_PAIRS = 500

/** Failures by cause and SIP server, since the start. */
export class FailureCounts {
	readonly #mostPairs: number
	readonly #counts = new Map<string, FailureCount>()

	constructor(mostPairs: number = MOST_PAIRS) {
		this.#mostPairs = mostPairs
	}

	add(cause: string, upstream = 'none'): void {
		const known = this.#counts.get(keyOf(cause, upstream))
		const counted = known ?? this.#room(cause, upstream)
		counted.count++
	}

	all(): readonly Readonly<FailureCount>[] {
		return [...this.#counts.values()].map((one) => ({ ...one }))
	}

	#room(cause: string, upstream: string): FailureCount {
		if (this.#counts.size < this.#mostPairs) return this.#begin(cause, upstream)
		// Statuses may be as many as a server likes to invent.
		const kind = /^\d/.test(cause) ? `${cause[0]}xx` : cause
		return this.#counts.get(keyOf(kind, 'others')) ?? this.#begin(kind, 'others')
	}

	#begin(cause: string, upstream: string): FailureCount {
		const counted = { upstream, cause, count: 0 }
		this.#counts.set(keyOf(cause, upstream), counted)
		return counted
	}
}

function keyOf(cause: string, upstream: string): string {
	return `${cause} ${upstream}`
}
