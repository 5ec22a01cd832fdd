import { type SignalPayload, type SignalTopic, signalCatalog } from '@vigil/contracts'
import type { Logger } from '@vigil/runtime'
import type { BullRelay } from './bull-store.ts'
import { withDeadline } from './deadline.ts'
import { QueueUnavailableError } from './errors.ts'
import type { PayloadCheck } from './payload-check.ts'
import type { QueueCounters } from './queue-backend.ts'
import type { SignalHandler, Signals, Unsubscribe } from './signals.ts'

const PUBLISH_TIMEOUT_MS = 2000

interface RelaySignalsDependencies {
	readonly relay: BullRelay
	readonly check: PayloadCheck
	readonly counters: QueueCounters
	readonly logger: Logger
}

/** Signals over BullMQ's Relay, which its authors call experimental: nothing outside this file knows it. */
export class RelaySignals implements Signals {
	readonly #dependencies: RelaySignalsDependencies

	constructor(dependencies: RelaySignalsDependencies) {
		this.#dependencies = dependencies
	}

	async publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		const { relay, check, counters } = this.#dependencies
		const checked = check.outgoing(topic, signalCatalog[topic], payload)
		try {
			await withDeadline(relay.publish(topic, checked), PUBLISH_TIMEOUT_MS)
			counters.published++
		} catch (error) {
			counters.publishFailed++
			throw new QueueUnavailableError(`cannot publish ${topic}`, error)
		}
	}

	async subscribe<Topic extends SignalTopic>(topic: Topic, handler: SignalHandler<Topic>): Promise<Unsubscribe> {
		let isActive = true
		const subscription = await this.#dependencies.relay.subscribe(topic, async ({ data }) => {
			if (isActive) await deliverSignal(topic, handler, data, this.#dependencies)
		})
		return async () => {
			isActive = false
			await subscription.unsubscribe()
		}
	}
}

/** Hands one signal to one handler; whatever goes wrong is logged and concerns nobody else. */
export async function deliverSignal<Topic extends SignalTopic>(
	topic: Topic,
	handler: SignalHandler<Topic>,
	data: unknown,
	{ check, counters, logger }: Pick<RelaySignalsDependencies, 'check' | 'counters' | 'logger'>,
): Promise<void> {
	const payload = check.incoming(topic, signalCatalog[topic], data) as SignalPayload<Topic> | undefined
	if (payload === undefined) return
	counters.delivered++
	try {
		await handler(payload)
	} catch (error) {
		logger.error({ topic, error: error instanceof Error ? error.message : String(error) }, 'signal handler failed')
	}
}
