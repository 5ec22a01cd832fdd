import { Queue, Relay, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { type BullStore, RELAY_TIMING } from './bull-store.ts'
import { withDeadline } from './deadline.ts'
import { keepStringsFast } from './fast-strings.ts'

keepStringsFast()

/** How long a question for a job or a signal waits on the server: the heartbeat of connections that only listen. */
const BLOCK_MS = 2000
/** A connection on which a command has heard nothing for so long is destroyed and dialled anew. */
const SILENCE_MS = 5000
/** Whoever enqueues hears of a mute server by then. */
const COMMAND_TIMEOUT_MS = 2000

export interface RedisStoreOptions {
	readonly redisUrl: string
	readonly connectTimeoutMs: number
	readonly namespace: string
	readonly onError: (error: Error) => void
}

/** Connects to Redis or Valkey and returns the store. */
export async function openRedisStore(options: RedisStoreOptions): Promise<BullStore> {
	let lastError: Error | undefined
	const onError = (error: Error) => {
		lastError = error
		options.onError(error)
	}
	// Who enqueues must hear at once that the server is away, instead of having its commands kept for later.
	const producing = connect(
		{ ...options, onError },
		{ enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS },
	)
	// Workers and the relay wait for the server to return, however long it takes; they ask anew on each connection.
	const consuming = connect({ ...options, onError }, { maxRetriesPerRequest: null })
	const close = async () => {
		producing.disconnect()
		consuming.disconnect()
	}
	try {
		await withDeadline(Promise.all([isReady(producing), isReady(consuming)]), options.connectTimeoutMs)
	} catch (error) {
		await close()
		throw new Error(`cannot connect to Redis: ${lastError?.message ?? String(error)}`, { cause: lastError ?? error })
	}
	return redisStore(producing, consuming, options.namespace, close)
}

function redisStore(producing: Redis, consuming: Redis, prefix: string, close: () => Promise<void>): BullStore {
	return {
		kind: 'redis',
		queue: (name) => new Queue(name, { connection: producing, prefix }),
		worker: (name, processor, options) =>
			new Worker(name, processor, { ...options, drainDelay: BLOCK_MS / 1000, connection: consuming, prefix }),
		relay: () =>
			new Relay({ ...RELAY_TIMING, blockTimeout: BLOCK_MS, connection: consuming, prefix, namespace: prefix }),
		ping: async () => {
			await producing.ping()
		},
		close,
	}
}

function connect(
	options: RedisStoreOptions,
	settings: Pick<RedisOptions, 'maxRetriesPerRequest' | 'enableOfflineQueue' | 'commandTimeout'>,
): Redis {
	const client = new Redis(options.redisUrl, {
		...settings,
		connectTimeout: options.connectTimeoutMs,
		socketTimeout: SILENCE_MS,
	})
	client.on('error', options.onError)
	return client
}

function isReady(client: Redis): Promise<void> {
	if (client.status === 'ready') return Promise.resolve()
	return new Promise((resolve) => client.once('ready', () => resolve()))
}
