import { randomUUID } from 'node:crypto'
import { type SignalPayload, type SignalTopic, signalCatalog } from '@vigil/contracts'
import type { Logger } from '@vigil/runtime'
import type { BullRelay } from './bull-store.ts'
import { withDeadline } from './deadline.ts'
import { QueueUnavailableError } from './errors.ts'
import type { PayloadCheck } from './payload-check.ts'
import type { QueueCounters } from './queue-backend.ts'
import type { SignalHandler, Signals, Unsubscribe } from './signals.ts'

const PUBLISH_TIMEOUT_MS = 2000
const SUBSCRIBE_TIMEOUT_MS = 10_000

/** Signals on their way to the store at once; beyond it they are refused, so that a store that is away keeps nothing growing. */
const MOST_UNDER_WAY = 1000
/** Names the process that a signal comes from, beside the fields of its payload; the catalog's schemas drop it. */
const ORIGIN = '~origin'

interface RelaySignalsDependencies {
	readonly relay: BullRelay
	readonly check: PayloadCheck
	readonly counters: QueueCounters
	readonly logger: Logger
}

type Deliver = (payload: unknown) => void

/**
 * Signals over BullMQ's Relay, which its authors call experimental: nothing outside this file knows it. Within the process they are
 * function calls, so that what it needs of itself works while the store is away; the store carries them to the others.
 */
export class RelaySignals implements Signals {
	readonly #dependencies: RelaySignalsDependencies
	readonly #origin = randomUUID()
	readonly #here = new Map<SignalTopic, Set<Deliver>>()
	#underWay = 0

	constructor(dependencies: RelaySignalsDependencies) {
		this.#dependencies = dependencies
	}

	async publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		const { relay, check, counters } = this.#dependencies
		const checked = check.outgoing(topic, signalCatalog[topic], payload) as object
		for (const deliver of this.#here.get(topic) ?? []) queueMicrotask(() => deliver(checked))
		if (this.#underWay >= MOST_UNDER_WAY) {
			counters.publishFailed++
			throw new QueueUnavailableError(`cannot publish ${topic}`, 'too many wait for the store')
		}
		this.#underWay++
		const done = () => {
			this.#underWay--
		}
		const sending = relay.publish(topic, { ...checked, [ORIGIN]: this.#origin })
		sending.then(done, done)
		try {
			await withDeadline(sending, PUBLISH_TIMEOUT_MS)
			counters.published++
		} catch (error) {
			counters.publishFailed++
			throw new QueueUnavailableError(`cannot publish ${topic}`, error)
		}
	}

	async subscribe<Topic extends SignalTopic>(topic: Topic, handler: SignalHandler<Topic>): Promise<Unsubscribe> {
		let isActive = true
		const deliver: Deliver = (data) => {
			if (isActive) void deliverSignal(topic, handler, data, this.#dependencies)
		}
		const here = this.#here.get(topic) ?? new Set()
		this.#here.set(topic, here.add(deliver))
		const end = () => {
			isActive = false
			here.delete(deliver)
		}
		try {
			const subscribing = this.#dependencies.relay.subscribe(topic, async ({ data }) => {
				if (isActive && originOf(data) !== this.#origin) {
					await deliverSignal(topic, handler, data, this.#dependencies)
				}
			})
			const subscription = await withDeadline(subscribing, SUBSCRIBE_TIMEOUT_MS)
			return async () => {
				end()
				await withDeadline(subscription.unsubscribe(), PUBLISH_TIMEOUT_MS).catch(() => {})
			}
		} catch (error) {
			end()
			throw error
		}
	}

	onGap(handler: () => void): () => void {
		const { relay } = this.#dependencies
		relay.on('recovered', handler)
		return () => relay.off('recovered', handler)
	}
}

function originOf(data: unknown): unknown {
	return typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[ORIGIN] : undefined
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
