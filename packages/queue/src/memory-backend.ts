import {
	type JobName,
	type JobPayload,
	jobCatalog,
	type SignalPayload,
	type SignalTopic,
	signalCatalog,
} from '@vigil/contracts'
import { type Logger, silentLogger } from '@vigil/runtime'
import { withDeadline } from './deadline.ts'
import { QueueUnavailableError } from './errors.ts'
import { runJob } from './job-run.ts'
import { MemoryHub } from './memory-hub.ts'
import { PayloadCheck } from './payload-check.ts'
import {
	type CloseOptions,
	type Consumer,
	type ConsumerOptions,
	DEFAULT_CLOSE_DEADLINE_MS,
	type EnqueueOptions,
	type JobHandler,
	newCounters,
	type Producer,
	type QueueBackend,
	type QueueHealth,
} from './queue-backend.ts'
import { deliverSignal } from './relay-signals.ts'
import type { SignalHandler, Signals, Unsubscribe } from './signals.ts'

export interface MemoryQueueOptions {
	/** Backends of the same hub see each other's jobs and signals. */
	readonly hub?: MemoryHub
	readonly logger?: Logger
}

/** The queue within one process, for tests: the same promises as the others, kept by the same contract tests. */
export function createMemoryQueueBackend(options: MemoryQueueOptions = {}): QueueBackend {
	return new MemoryBackend(options.hub ?? new MemoryHub(), options.logger ?? silentLogger)
}

class MemoryBackend implements QueueBackend {
	readonly kind = 'memory'
	readonly counters = newCounters()
	readonly signals: Signals
	readonly #hub: MemoryHub
	readonly #logger: Logger
	readonly #check: PayloadCheck
	readonly #consumers = new Set<Consumer>()
	readonly #subscriptions = new Set<() => void>()
	#isClosed = false

	constructor(hub: MemoryHub, logger: Logger) {
		this.#hub = hub
		this.#logger = logger
		this.#check = new PayloadCheck(this.counters, logger)
		this.signals = {
			publish: (topic, payload) => this.#publish(topic, payload),
			subscribe: (topic, handler) => this.#subscribe(topic, handler),
			onGap: () => () => {},
		}
	}

	producer<Name extends JobName>(name: Name): Producer<Name> {
		return { enqueue: async (payload, options) => this.#enqueue(name, payload, options ?? {}) }
	}

	consumer<Name extends JobName>(name: Name, handler: JobHandler<Name>, options: ConsumerOptions = {}): Consumer {
		const detach = this.#hub.queue(name).attach({
			concurrency: options.concurrency ?? 1,
			run: (data, context) =>
				runJob(name, handler, data, context, { check: this.#check, counters: this.counters, logger: this.#logger }),
		})
		const consumer: Consumer = {
			close: async (closeOptions) => {
				this.#consumers.delete(consumer)
				await withDeadline(detach(), closeOptions?.deadlineMs ?? DEFAULT_CLOSE_DEADLINE_MS).catch(() => {})
			},
		}
		this.#consumers.add(consumer)
		return consumer
	}

	async health(): Promise<QueueHealth> {
		return this.#isClosed ? { ok: false, reason: 'closed' } : { ok: true, latencyMs: 0 }
	}

	async close(options?: CloseOptions): Promise<void> {
		await Promise.all([...this.#consumers].map((consumer) => consumer.close(options)))
		for (const end of this.#subscriptions) end()
		this.#isClosed = true
	}

	#enqueue<Name extends JobName>(name: Name, payload: JobPayload<Name>, options: EnqueueOptions): void {
		const data = this.#check.outgoing(name, jobCatalog[name].schema, payload)
		if (this.#isClosed) {
			this.counters.enqueueFailed++
			throw new QueueUnavailableError(`cannot enqueue ${name}`, 'closed')
		}
		this.#hub.queue(name).add(data, options.id, options.delayMs)
		this.counters.enqueued++
	}

	async #publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		const data = this.#check.outgoing(topic, signalCatalog[topic], payload)
		if (this.#isClosed) {
			this.counters.publishFailed++
			throw new QueueUnavailableError(`cannot publish ${topic}`, 'closed')
		}
		this.#hub.publish(topic, data)
		this.counters.published++
	}

	async #subscribe<Topic extends SignalTopic>(topic: Topic, handler: SignalHandler<Topic>): Promise<Unsubscribe> {
		const dependencies = { check: this.#check, counters: this.counters, logger: this.#logger }
		let isActive = true
		const unsubscribe = this.#hub.subscribe(topic, (data) => {
			if (isActive) void deliverSignal(topic, handler, data, dependencies)
		})
		const end = () => {
			isActive = false
			unsubscribe()
			this.#subscriptions.delete(end)
		}
		this.#subscriptions.add(end)
		return async () => end()
	}
}
