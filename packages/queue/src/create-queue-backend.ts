import { type Logger, silentLogger } from '@vigil/runtime'
import { BullBackend } from './bull-backend.ts'
import type { BullStore } from './bull-store.ts'
import { ConnectionErrors } from './connection-errors.ts'
import { openPostgresStore } from './postgres-store.ts'
import { newCounters, type QueueBackend } from './queue-backend.ts'
import { openRedisStore } from './redis-store.ts'

interface CommonOptions {
	readonly logger?: Logger
	/** Separates the signals (and, in Redis, the jobs) of deployments that share a store: letters, digits, `_`, `-`. */
	readonly namespace?: string
	/** How long to wait for a connection, milliseconds; default 5000. */
	readonly connectTimeoutMs?: number
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5000

export interface PostgresQueueOptions extends CommonOptions {
	readonly databaseUrl: string
	/** Most connections to the database; each consumer and the signals take one for themselves. Default 8. */
	readonly poolSize?: number
}

export interface RedisQueueOptions extends CommonOptions {
	readonly redisUrl: string
}

export type QueueBackendOptions = PostgresQueueOptions | RedisQueueOptions

/**
 * Opens the queue: on PostgreSQL, which needs nothing else, or on Redis or Valkey where more jobs than a database
 * likes have to flow.
 *
 * @throws Error when the store cannot be reached or its schema cannot be brought up to date.
 */
export async function createQueueBackend(options: QueueBackendOptions): Promise<QueueBackend> {
	const logger = options.logger ?? silentLogger
	const counters = newCounters()
	const errors = new ConnectionErrors(counters, logger)
	const store = await openStore(options, (error) => errors.report('store', error))
	const backend = new BullBackend({ store, counters, errors, logger })
	try {
		await backend.waitUntilReady()
	} catch (error) {
		await backend.close()
		throw error
	}
	return backend
}

function openStore(options: QueueBackendOptions, onError: (error: Error) => void): Promise<BullStore> {
	const { namespace = 'vigil', connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
	const common = { namespace, connectTimeoutMs, onError }
	if ('redisUrl' in options) return openRedisStore({ ...common, redisUrl: options.redisUrl })
	const { databaseUrl, poolSize } = options
	return openPostgresStore({ ...common, databaseUrl, ...(poolSize !== undefined && { poolSize }) })
}
