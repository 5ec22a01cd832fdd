import type { Logger } from '@vigil/runtime'
import type { QueueCounters } from './queue-backend.ts'

/**
 * Counts connection errors, and warns of them while the queue is open. Until it is, whoever opens it hears the reason
 * from the failure itself; from its closing on, a server that cuts a connection cuts what is being given up anyway.
 */
export class ConnectionErrors {
	readonly #counters: QueueCounters
	readonly #logger: Logger
	#open = false

	constructor(counters: QueueCounters, logger: Logger) {
		this.#counters = counters
		this.#logger = logger
	}

	opened(): void {
		this.#open = true
	}

	closing(): void {
		this.#open = false
	}

	report(part: string, error: Error): void {
		this.#counters.errors++
		const level = this.#open ? 'warn' : 'debug'
		this.#logger[level]({ part, error: error.message }, 'queue connection error')
	}
}
