import type { JobName, SignalTopic } from '@vigil/contracts'
import { type Clock, realClock } from '@vigil/runtime'
import { MemoryQueue } from './memory-queue.ts'

type Receive = (data: unknown) => void

/** What several in-memory backends have in common, as processes have a store: jobs and signals go to all that joined. */
export class MemoryHub {
	readonly #clock: Clock
	readonly #queues = new Map<JobName, MemoryQueue>()
	readonly #subscribers = new Map<SignalTopic, Set<Receive>>()

	/** The clock times delayed jobs and pauses between runs. */
	constructor(clock: Clock = realClock) {
		this.#clock = clock
	}

	queue(name: JobName): MemoryQueue {
		const known = this.#queues.get(name)
		if (known) return known
		const queue = new MemoryQueue(name, this.#clock)
		this.#queues.set(name, queue)
		return queue
	}

	publish(topic: SignalTopic, data: unknown): void {
		const text = JSON.stringify(data)
		for (const receive of this.#subscribers.get(topic) ?? []) queueMicrotask(() => receive(JSON.parse(text)))
	}

	subscribe(topic: SignalTopic, receive: Receive): () => void {
		const receivers = this.#subscribers.get(topic) ?? new Set()
		this.#subscribers.set(topic, receivers.add(receive))
		return () => receivers.delete(receive)
	}
}
