import type { CountersByTransport } from '@vigil/sip-transport'

/** Messages that were not taken as they came, over all transports. */
export interface RefusedMessages {
	readonly malformed: number
	/** Of these, answered with an error. */
	readonly malformedRejected: number
	/** Dropped unread because their source sent too many. */
	readonly rateLimited: number
}

export function refusedMessages(counters: Readonly<CountersByTransport>): RefusedMessages {
	let malformed = 0
	let malformedRejected = 0
	let rateLimited = 0
	for (const transport of Object.values(counters)) {
		malformed += transport.malformed
		malformedRejected += transport.malformedRejected
		rateLimited += transport.rateLimited
	}
	return { malformed, malformedRejected, rateLimited }
}
