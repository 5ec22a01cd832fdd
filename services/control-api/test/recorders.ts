import type { PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import type { PushJobQueue, SignalPublisher } from '../src/deps.ts'

type Handler = (payload: never) => void | Promise<void>

/** Signals within this process; keeps what was published. */
export class MemorySignals implements SignalPublisher {
	readonly published: { topic: SignalTopic; payload: Readonly<Record<string, unknown>> }[] = []
	/** While set, publishing fails with it. */
	failure: Error | undefined
	readonly #handlers = new Map<string, Set<Handler>>()

	async publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		if (this.failure !== undefined) throw this.failure
		this.published.push({ topic, payload })
		for (const handler of this.#handlers.get(topic) ?? []) await handler(payload as never)
	}

	async subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void | Promise<void>,
	): Promise<() => Promise<void>> {
		const handlers = this.#handlers.get(topic) ?? new Set()
		this.#handlers.set(topic, handlers.add(handler as Handler))
		return async () => {
			handlers.delete(handler as Handler)
		}
	}

	/** What was published of one topic since the last call. */
	take(topic: SignalTopic): Readonly<Record<string, unknown>>[] {
		const taken = this.published.filter((signal) => signal.topic === topic).map(({ payload }) => payload)
		this.published.splice(0, this.published.length, ...this.published.filter((signal) => signal.topic !== topic))
		return taken
	}
}

/** Keeps the pushes that were asked for. */
export class RecordedPushJobs implements PushJobQueue {
	readonly jobs: PushJob[] = []
	failure: Error | undefined

	async enqueue(job: PushJob): Promise<void> {
		if (this.failure !== undefined) throw this.failure
		this.jobs.push(job)
	}
}
