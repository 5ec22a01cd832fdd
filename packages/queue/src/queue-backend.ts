import type { JobName, JobPayload } from '@vigil/contracts'
import type { Signals } from './signals.ts'

/** Jobs and signals of the fleet, whatever carries them. Everything is typed and checked by the catalogs of `@vigil/contracts`. */
export interface QueueBackend {
	readonly kind: 'postgres' | 'redis' | 'memory'
	readonly signals: Signals
	readonly counters: Readonly<QueueCounters>
	producer<Name extends JobName>(name: Name): Producer<Name>
	/** Starts to work on the jobs of that name. */
	consumer<Name extends JobName>(name: Name, handler: JobHandler<Name>, options?: ConsumerOptions): Consumer
	/** Asks the store for a sign of life; never throws. */
	health(): Promise<QueueHealth>
	/** Takes no new jobs, lets running handlers finish, then closes every connection. */
	close(options?: CloseOptions): Promise<void>
}

export interface Producer<Name extends JobName> {
	/**
	 * Resolves when the store has taken the job.
	 *
	 * @throws InvalidPayloadError when the payload does not fit the catalog.
	 * @throws QueueUnavailableError when the store does not answer in time. The job may have been taken all the same, so
	 * whoever goes another way gives the job an `id` and makes sure that doing it twice does no harm.
	 */
	enqueue(payload: JobPayload<Name>, options?: EnqueueOptions): Promise<void>
}

export interface EnqueueOptions {
	/** Identity of the job: a second job of the same identity is not taken while the first is known to the store. */
	readonly id?: string
	/** Earliest run, in milliseconds from now. */
	readonly delayMs?: number
	/** How long to wait for the store; default 2000. */
	readonly timeoutMs?: number
}

/**
 * Works on one job. When it throws, the job is run again as the catalog says; `PermanentJobError` ends it at once.
 * A job may be run more than once, after a failure or when its consumer was thought dead.
 */
export type JobHandler<Name extends JobName> = (payload: JobPayload<Name>, context: JobContext) => Promise<void>

export interface JobContext {
	readonly jobId: string
	/** 1 for the first run. */
	readonly attempt: number
	readonly isLastAttempt: boolean
}

export interface ConsumerOptions {
	/** How many jobs are worked on at once; default 1. */
	readonly concurrency?: number
}

export interface Consumer {
	/** Takes no new jobs and resolves when running handlers have finished, or at the deadline without them. */
	close(options?: CloseOptions): Promise<void>
}

export interface CloseOptions {
	/** How long running handlers may take to finish, milliseconds; default 10 000. Their jobs are run again by others. */
	readonly deadlineMs?: number
}

/** Totals since the start of the process, for metrics. */
export interface QueueCounters {
	enqueued: number
	enqueueFailed: number
	/** Runs that ended well. */
	processed: number
	/** Runs that threw. */
	failed: number
	/** Payloads of jobs and signals that did not fit their schema, on either side. */
	invalid: number
	published: number
	publishFailed: number
	/** Signals handed to a handler. */
	delivered: number
	/** Errors of connections and of the library itself. */
	errors: number
}

export type QueueHealth =
	| { readonly ok: true; readonly latencyMs: number }
	| { readonly ok: false; readonly reason: string }

export const DEFAULT_CLOSE_DEADLINE_MS = 10_000
export const DEFAULT_ENQUEUE_TIMEOUT_MS = 2000

export function newCounters(): QueueCounters {
	return {
		enqueued: 0,
		enqueueFailed: 0,
		processed: 0,
		failed: 0,
		invalid: 0,
		published: 0,
		publishFailed: 0,
		delivered: 0,
		errors: 0,
	}
}
