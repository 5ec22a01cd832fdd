import { createHash } from 'node:crypto'
import { type JobName, type JobPayload, jobCatalog } from '@vigil/contracts'
import type { Logger } from '@vigil/runtime'
import { type Job, UnrecoverableError } from 'bullmq'
import type { BullQueue, BullRelay, BullStore, BullWorker } from './bull-store.ts'
import type { ConnectionErrors } from './connection-errors.ts'
import { withDeadline } from './deadline.ts'
import { QueueUnavailableError } from './errors.ts'
import { sweepFinished } from './finished-jobs.ts'
import { runJob } from './job-run.ts'
import { PayloadCheck } from './payload-check.ts'
import {
	type CloseOptions,
	type Consumer,
	type ConsumerOptions,
	DEFAULT_CLOSE_DEADLINE_MS,
	DEFAULT_ENQUEUE_TIMEOUT_MS,
	type EnqueueOptions,
	type JobHandler,
	type Producer,
	type QueueBackend,
	type QueueCounters,
	type QueueHealth,
} from './queue-backend.ts'
import { RelaySignals } from './relay-signals.ts'
import type { Signals } from './signals.ts'

const HEALTH_TIMEOUT_MS = 1000
const FAREWELL_MS = 2000
/** How soon after a failure the store is asked for jobs again. */
const RETRY_MS = 1000

export interface BullBackendOptions {
	readonly store: BullStore
	readonly counters: QueueCounters
	readonly errors: ConnectionErrors
	readonly logger: Logger
}

/** The queue on BullMQ, over either of its stores. */
export class BullBackend implements QueueBackend {
	readonly counters: QueueCounters
	readonly signals: Signals
	readonly #store: BullStore
	readonly #logger: Logger
	readonly #errors: ConnectionErrors
	readonly #check: PayloadCheck
	readonly #relay: BullRelay
	readonly #queues = new Map<JobName, BullQueue>()
	readonly #consumers = new Set<Consumer>()
	#closing: Promise<void> | undefined

	constructor({ store, counters, errors, logger }: BullBackendOptions) {
		this.#store = store
		this.#errors = errors
		this.#logger = logger
		this.counters = counters
		this.#check = new PayloadCheck(counters, logger)
		this.#relay = store.relay()
		this.#relay.on('error', (error: Error) => this.#errors.report('relay', error))
		this.#relay.on('lag', (unread: number) => logger.warn({ unread }, 'signals arrive faster than they are handled'))
		this.signals = new RelaySignals({ relay: this.#relay, check: this.#check, counters, logger })
	}

	get kind(): 'postgres' | 'redis' {
		return this.#store.kind
	}

	/** Resolves when jobs and signals can flow. */
	async waitUntilReady(): Promise<void> {
		await this.#relay.waitUntilReady()
		this.#errors.opened()
	}

	producer<Name extends JobName>(name: Name): Producer<Name> {
		const queue = this.#queueOf(name)
		return { enqueue: (payload, options) => this.#enqueue(queue, name, payload, options ?? {}) }
	}

	consumer<Name extends JobName>(name: Name, handler: JobHandler<Name>, options: ConsumerOptions = {}): Consumer {
		const { lockMs, attempts } = jobCatalog[name]
		const worker = this.#store.worker(name, (job) => this.#run(name, handler, job), {
			concurrency: options.concurrency ?? 1,
			lockDuration: lockMs,
			stalledInterval: lockMs / 2,
			runRetryDelay: RETRY_MS,
		})
		worker.on('error', (error) => this.#errors.report('worker', error))
		worker.on('stalled', (jobId) =>
			this.#logger.warn({ job: name, jobId, attempts }, 'job was given up by its consumer'),
		)
		const stopSweep = sweepFinished(this.#queueOf(name), name, (error) => this.#errors.report('queue', error))
		const consumer: Consumer = {
			close: async (closeOptions) => {
				stopSweep()
				this.#consumers.delete(consumer)
				await closeWorker(worker, closeOptions)
			},
		}
		this.#consumers.add(consumer)
		return consumer
	}

	async health(): Promise<QueueHealth> {
		const startedAt = performance.now()
		try {
			await withDeadline(this.#store.ping(), HEALTH_TIMEOUT_MS)
			return { ok: true, latencyMs: performance.now() - startedAt }
		} catch (error) {
			return { ok: false, reason: error instanceof Error ? error.message : String(error) }
		}
	}

	close(options?: CloseOptions): Promise<void> {
		this.#closing ??= this.#close(options)
		return this.#closing
	}

	async #close(options: CloseOptions | undefined): Promise<void> {
		this.#errors.closing()
		await Promise.all([...this.#consumers].map((consumer) => consumer.close(options)))
		await ended(this.#relay.close())
		await Promise.all([...this.#queues.values()].map((queue) => ended(queue.close())))
		await this.#store.close()
	}

	async #enqueue<Name extends JobName>(
		queue: BullQueue,
		name: Name,
		payload: JobPayload<Name>,
		options: EnqueueOptions,
	): Promise<void> {
		const data = this.#check.outgoing(name, jobCatalog[name].schema, payload)
		const { attempts, backoffMs, removeOnComplete, removeOnFail } = jobCatalog[name]
		const adding = queue.add(name, data, {
			attempts,
			backoff: { type: 'exponential', delay: backoffMs },
			removeOnComplete,
			removeOnFail,
			...(options.delayMs !== undefined && { delay: options.delayMs }),
			...(options.id !== undefined && { jobId: storedId(options.id) }),
		})
		try {
			await withDeadline(adding, options.timeoutMs ?? DEFAULT_ENQUEUE_TIMEOUT_MS)
			this.counters.enqueued++
		} catch (error) {
			this.counters.enqueueFailed++
			throw new QueueUnavailableError(`cannot enqueue ${name}`, error)
		}
	}

	async #run<Name extends JobName>(name: Name, handler: JobHandler<Name>, job: Job): Promise<void> {
		const attempt = job.attemptsMade + 1
		const context = { jobId: job.id ?? '', attempt, isLastAttempt: attempt >= jobCatalog[name].attempts }
		const result = await runJob(name, handler, job.data, context, {
			check: this.#check,
			counters: this.counters,
			logger: this.#logger,
		})
		if (result.kind === 'again') throw result.error
		if (result.kind === 'failed') throw new UnrecoverableError(result.error.message)
	}

	#queueOf(name: JobName): BullQueue {
		const known = this.#queues.get(name)
		if (known) return known
		const queue = this.#store.queue(name)
		queue.on('error', (error) => this.#errors.report('queue', error))
		this.#queues.set(name, queue)
		return queue
	}
}

/** A store that is away is not waited for. */
function ended(closing: Promise<void>): Promise<void> {
	return withDeadline(closing, FAREWELL_MS).catch(() => {})
}

/** The store keeps some characters for itself, so an identity of any form is stored as its digest. */
function storedId(id: string): string {
	return createHash('sha256').update(id).digest('hex')
}

async function closeWorker(worker: BullWorker, options: CloseOptions = {}): Promise<void> {
	const isDrained = await withDeadline(worker.pause(), options.deadlineMs ?? DEFAULT_CLOSE_DEADLINE_MS).then(
		() => true,
		() => false,
	)
	// Closing waits for handlers once more unless it is forced to, so it must know what the pause came to.
	await withDeadline(worker.close(!isDrained), FAREWELL_MS).catch(() => {})
}
