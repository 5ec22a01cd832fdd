import {
	createPostgresBackend,
	createPostgresRelayBackend,
	type PgPool,
	Queue,
	Relay,
	runMigrations,
	Worker,
} from 'bullmq'
import pg from 'pg'
import { type BullStore, RELAY_TIMING } from './bull-store.ts'
import { withDeadline } from './deadline.ts'
import { watchHeldClients } from './held-clients.ts'

/** The library's own name for it. */
const POSTGRES_SCHEMA = 'bullmq'

/** Each worker and the relay keep one connection for LISTEN; the rest serve queries. */
const DEFAULT_POOL_SIZE = 8
/** A handler that was left behind may hold a connection; the process does not wait for it. */
const END_TIMEOUT_MS = 2000
/** By then a statement is refused, and its connection is destroyed, whatever the server is at. */
const QUERY_TIMEOUT_MS = 5000
const MIGRATION_TIMEOUT_MS = 1_800_000

export interface PostgresStoreOptions {
	readonly databaseUrl: string
	readonly poolSize?: number
	readonly connectTimeoutMs: number
	readonly namespace: string
	readonly onError: (error: Error) => void
}

/** Connects, brings the schema of the queue up to date (one process at a time) and returns the store. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<BullStore> {
	const pool = new pg.Pool({
		connectionString: withSearchPath(options.databaseUrl),
		max: options.poolSize ?? DEFAULT_POOL_SIZE,
		connectionTimeoutMillis: options.connectTimeoutMs,
		query_timeout: QUERY_TIMEOUT_MS,
		keepAlive: true,
		application_name: 'vigil-queue',
	})
	pool.on('error', options.onError)
	const stopWatching = watchHeldClients(pool)
	try {
		await migrate(options)
	} catch (error) {
		stopWatching()
		await pool.end()
		throw error
	}
	return postgresStore(pool, options.namespace, stopWatching)
}

function postgresStore(pool: pg.Pool, namespace: string, stopWatching: () => void): BullStore {
	// The library declares a narrower `connect` than the driver's overloads, which its compiler option rejects.
	const connection = pool as unknown as PgPool
	return {
		kind: 'postgres',
		// The factory is the last argument; anywhere else it is ignored, and Redis is dialled instead.
		queue: (name) => new Queue(name, { connection }, createPostgresBackend),
		worker: (name, processor, options) =>
			new Worker(name, processor, { ...options, connection }, createPostgresBackend),
		relay: () => new Relay({ ...RELAY_TIMING, connection, namespace, backend: createPostgresRelayBackend }),
		ping: async () => {
			await pool.query('SELECT 1')
		},
		close: async () => {
			stopWatching()
			await withDeadline(pool.end(), END_TIMEOUT_MS).catch(() => {})
		},
	}
}

/**
 * The schema has to be chosen by `search_path`, because the library's own `schema` option has no effect on a pool
 * that it is given. Options that the URL has already are kept.
 */
function withSearchPath(databaseUrl: string): string {
	const url = new URL(databaseUrl)
	const given = url.searchParams.get('options')
	url.searchParams.set('options', `${given ? `${given} ` : ''}-c search_path=${POSTGRES_SCHEMA}`)
	return url.href
}

/** On a connection without the limits of the others: a large table takes its time, and another process may be at it. */
async function migrate({ databaseUrl, connectTimeoutMs }: PostgresStoreOptions): Promise<void> {
	const client = new pg.Client({
		connectionString: withSearchPath(databaseUrl),
		connectionTimeoutMillis: connectTimeoutMs,
		query_timeout: MIGRATION_TIMEOUT_MS,
	})
	await client.connect()
	try {
		await runMigrations(client, POSTGRES_SCHEMA)
	} finally {
		await client.end()
	}
}
