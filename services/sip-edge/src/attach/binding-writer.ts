import type { DeviceBinding, DeviceId } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'
import type { EdgeBindings } from '../ports.ts'

type Write =
	| { readonly what: 'save'; readonly binding: DeviceBinding }
	| { readonly what: 'remove'; readonly bindingId: string }

interface Queue {
	/** The first one is under way, or waits to be tried again. */
	readonly writes: Write[]
	failures: number
	retry: TimerHandle | undefined
	/** Ends when nothing is left to write, or a write has failed. */
	run: Promise<void>
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000

export interface BindingWriterOptions {
	readonly store: EdgeBindings
	readonly clock: Clock
	readonly logger: Logger
	readonly onFailure: () => void
}

/**
 * Writes bindings in the background. Writes of one device stay in order, so that an old one cannot come out on top; one
 * that fails is tried again until it succeeds or a newer binding makes it pointless.
 */
export class BindingWriter {
	readonly #options: BindingWriterOptions
	readonly #queues = new Map<DeviceId, Queue>()
	#closed = false

	constructor(options: BindingWriterOptions) {
		this.#options = options
	}

	save(binding: DeviceBinding): void {
		// A device has one row: saving it undoes whatever was still to be written. A removal undoes nothing, as the row that
		// is there may be older than all that is waiting.
		const queue = this.#queues.get(binding.deviceId)
		if (queue) queue.writes.splice(queue.retry ? 0 : 1)
		this.#add(binding.deviceId, { what: 'save', binding })
	}

	remove(deviceId: DeviceId, bindingId: string): void {
		this.#add(deviceId, { what: 'remove', bindingId })
	}

	/** Takes no more, gives up what is not written yet, and resolves when the writes under way have ended. */
	async close(): Promise<void> {
		this.#closed = true
		for (const queue of this.#queues.values()) {
			if (queue.retry) this.#options.clock.clearTimer(queue.retry)
			queue.writes.splice(queue.retry ? 0 : 1)
		}
		await Promise.all([...this.#queues.values()].map((queue) => queue.run))
		this.#queues.clear()
	}

	#add(deviceId: DeviceId, write: Write): void {
		if (this.#closed) return
		const queue = this.#queues.get(deviceId)
		if (!queue) {
			const fresh: Queue = { writes: [write], failures: 0, retry: undefined, run: Promise.resolve() }
			this.#queues.set(deviceId, fresh)
			fresh.run = this.#run(deviceId, fresh)
			return
		}
		queue.writes.push(write)
		// A new write has waited for nothing yet, so it is tried at once.
		if (queue.retry) this.#resume(deviceId, queue)
	}

	#resume(deviceId: DeviceId, queue: Queue): void {
		if (queue.retry) this.#options.clock.clearTimer(queue.retry)
		queue.retry = undefined
		queue.run = this.#run(deviceId, queue)
	}

	async #run(deviceId: DeviceId, queue: Queue): Promise<void> {
		for (let write = queue.writes[0]; write; write = queue.writes[0]) {
			try {
				await this.#write(deviceId, write)
				queue.failures = 0
				queue.writes.shift()
			} catch (error) {
				if (!this.#isOvertaken(queue)) {
					this.#retryLater(deviceId, queue, error)
					return
				}
			}
		}
		if (this.#queues.get(deviceId) === queue) this.#queues.delete(deviceId)
	}

	async #write(deviceId: DeviceId, write: Write): Promise<void> {
		const { store } = this.#options
		if (write.what === 'save') await store.save(write.binding)
		else await store.remove(deviceId, write.bindingId)
	}

	/** A save that was added meanwhile makes all before it pointless. */
	#isOvertaken(queue: Queue): boolean {
		const lastSave = queue.writes.findLastIndex((write) => write.what === 'save')
		if (lastSave > 0) queue.writes.splice(0, lastSave)
		return lastSave > 0
	}

	#retryLater(deviceId: DeviceId, queue: Queue, error: unknown): void {
		const { clock, logger, onFailure } = this.#options
		const delayMs = Math.min(FIRST_RETRY_MS * 2 ** queue.failures++, LAST_RETRY_MS)
		onFailure()
		logger.warn({ err: error, deviceId, delayMs }, 'a binding could not be stored and is tried again')
		if (this.#closed) return
		queue.retry = clock.setTimer(delayMs, () => this.#resume(deviceId, queue))
	}
}
