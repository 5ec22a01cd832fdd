import type { TenantId } from '@vigil/domain'
import { wellFormedText } from '@vigil/runtime'
import postgres from 'postgres'
import { DatabaseUnavailableError, translateError } from './database-error.ts'
import { inFlight } from './in-flight.ts'

/** Runs statements: a pool, or one transaction. */
export type Sql = postgres.ISql

export interface DatabaseOptions {
	/** `postgres://user:password@host:port/name`. */
	readonly url: string
	/** Connections at most; default 10. */
	readonly poolSize?: number
	/** A statement that takes longer is cancelled by the server; milliseconds, default 10 000. */
	readonly statementTimeoutMs?: number
	/** Limit for opening a connection; milliseconds, default 5 000. */
	readonly connectTimeoutMs?: number
}

/** A pool of connections. Every method rejects with `DatabaseUnavailableError` or `DatabaseError` where the database is at fault. */
export interface Database {
	/** `host:port/name`, fit for a log. */
	readonly address: string
	/** Single statements as the service itself, which sees every tenant. */
	run<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/** All or nothing, as the service itself. */
	transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/** All or nothing, as the tenant: row-level security hides and refuses every other tenant's rows. */
	asTenant<T>(tenantId: TenantId, work: (sql: Sql) => Promise<T>): Promise<T>
	/** Waits up to five seconds for what is running, then closes every connection. */
	close(): Promise<void>
}

/** The role that tenant-scoped statements run as; it owns nothing and cannot bypass row-level security. */
const TENANT_ROLE = 'vigil_tenant'

const DEFAULT_POOL_SIZE = 10
const TEXT_OID = 25
const CLOSE_TIMEOUT_MS = 5000
/** The driver's own limit is 20 s, which would keep calls without a database long after it came back. */
const RECONNECT_LIMIT_SECONDS = 1

/**
 * Opens a pool. Nothing is dialled before the first statement; `checkDatabase` tells whether the server is there.
 *
 * @throws DatabaseUnavailableError when the URL is none of PostgreSQL's.
 */
export function connectDatabase(options: DatabaseOptions): Database {
	const address = addressOf(options.url)
	const pool = openPool(options)
	const running = inFlight()
	const guarded = <T>(work: () => Promise<T>): Promise<T> => running.track(translated(work, address))
	const begin = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => guarded(() => pool.begin(work) as Promise<T>)
	return {
		address,
		run: (work) => guarded(() => work(pool)),
		transaction: begin,
		asTenant: (tenantId, work) => begin((sql) => scoped(sql, tenantId, work)),
		close: async () => {
			await running.settled(CLOSE_TIMEOUT_MS)
			await pool.end({ timeout: 0 })
		},
	}
}

async function translated<T>(work: () => Promise<T>, address: string): Promise<T> {
	try {
		return await work()
	} catch (error) {
		throw translateError(error, address)
	}
}

async function scoped<T>(sql: Sql, tenantId: TenantId, work: (sql: Sql) => Promise<T>): Promise<T> {
	await sql`select set_config('role', ${TENANT_ROLE}, true), set_config('vigil.tenant_id', ${tenantId}, true)`
	return work(sql)
}

function openPool(options: DatabaseOptions): postgres.Sql<{ text: string }> {
	return postgres(options.url, {
		max: options.poolSize ?? DEFAULT_POOL_SIZE,
		connect_timeout: (options.connectTimeoutMs ?? 5000) / 1000,
		backoff: (retries: number) => Math.min(3 ** retries / 100, RECONNECT_LIMIT_SECONDS),
		onnotice: () => {},
		types: {
			text: {
				to: TEXT_OID,
				from: [],
				serialize: (text: unknown) => wellFormedText(String(text)),
				parse: (text: string) => text,
			},
		},
		transform: { column: { from: postgres.toCamel }, undefined: null },
		connection: {
			application_name: 'vigil',
			statement_timeout: options.statementTimeoutMs ?? 10_000,
			idle_in_transaction_session_timeout: 30_000,
		},
	})
}

function addressOf(text: string): string {
	const url = URL.parse(text)
	if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
		throw new DatabaseUnavailableError(
			'BAD_URL',
			'The database URL is not of the form postgres://user:password@host/name.',
		)
	}
	return `${url.host}${url.pathname}`
}
