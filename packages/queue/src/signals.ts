import type { SignalPayload, SignalTopic } from '@vigil/contracts'

/**
 * Signals between all processes of the fleet. Each subscription gets each signal, also those of its own process.
 * Delivery is quick but not certain: work must be derivable from stored state without them.
 */
export interface Signals {
	/**
	 * Tells the subscriptions of this process at once, whatever the store does. Resolves when the signal is on its way to the others.
	 *
	 * @throws InvalidPayloadError when the payload does not fit the catalog.
	 * @throws QueueUnavailableError when the store does not answer in time.
	 */
	publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void>
	/** Resolves when signals published from now on will be delivered. What the handler throws is logged. */
	subscribe<Topic extends SignalTopic>(topic: Topic, handler: SignalHandler<Topic>): Promise<Unsubscribe>
	/**
	 * Calls `handler` when signals of other processes may have been lost, because the store was away for too long: what they would
	 * have told has to be looked for. Returns what ends it.
	 */
	onGap(handler: () => void): () => void
}

export type SignalHandler<Topic extends SignalTopic> = (payload: SignalPayload<Topic>) => void | Promise<void>

/** After it resolves the handler is not called any more. */
export type Unsubscribe = () => Promise<void>
