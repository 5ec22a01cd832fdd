import { Queue, Relay, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { type BullStore, RELAY_TIMING } from './bull-store.ts'
import { withDeadline } from './deadline.ts'
import { keepStringsFast } from './fast-strings.ts'

keepStringsFast()

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
	const producing = connect({ ...options, onError }, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
	// Workers and the relay wait for the server to return, however long it takes.
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
		worker: (name, processor, options) => new Worker(name, processor, { ...options, connection: consuming, prefix }),
		relay: () => new Relay({ ...RELAY_TIMING, connection: consuming, prefix, namespace: prefix }),
		ping: async () => {
			await producing.ping()
		},
		close,
	}
}

function connect(
	options: RedisStoreOptions,
	settings: { maxRetriesPerRequest: number | null; enableOfflineQueue?: boolean },
): Redis {
	const client = new Redis(options.redisUrl, { ...settings, connectTimeout: options.connectTimeoutMs })
	client.on('error', options.onError)
	return client
}

function isReady(client: Redis): Promise<void> {
	if (client.status === 'ready') return Promise.resolve()
	return new Promise((resolve) => client.once('ready', () => resolve()))
}
