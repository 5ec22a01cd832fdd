import type { JobsOptions, Processor, Relay, WorkerOptions } from 'bullmq'

type BullWorkerOptions = Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval' | 'runRetryDelay'>

/** The part of BullMQ's Queue that we use; its full type differs from store to store. */
export interface BullQueue {
	add(name: string, data: unknown, options: JobsOptions): Promise<unknown>
	/** Deletes up to `limit` jobs that ended so long ago, milliseconds. */
	clean(graceMs: number, limit: number, type: 'completed' | 'failed'): Promise<unknown>
	on(event: 'error', listener: (error: Error) => void): unknown
	close(): Promise<void>
}

/** The part of BullMQ's Worker that we use. */
export interface BullWorker {
	on(event: 'error', listener: (error: Error) => void): unknown
	on(event: 'stalled', listener: (jobId: string) => void): unknown
	pause(): Promise<void>
	close(force?: boolean): Promise<void>
}

export type BullRelay = Pick<Relay, 'waitUntilReady' | 'publish' | 'subscribe' | 'on' | 'off' | 'close'>

/** After a server has lost its data, signals flow again with the next heartbeat (milliseconds). */
export const RELAY_TIMING = { leaseDuration: 15_000, heartbeatInterval: 2000 } as const

/** What the backend needs of a store that BullMQ runs on; the one place that knows how each is connected. */
export interface BullStore {
	readonly kind: 'postgres' | 'redis'
	queue(name: string): BullQueue
	worker(name: string, processor: Processor, options: BullWorkerOptions): BullWorker
	relay(): BullRelay
	/** One round trip. */
	ping(): Promise<void>
	close(): Promise<void>
}
