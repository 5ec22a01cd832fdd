import type { TenantId } from '@vigil/domain'
import type postgres from 'postgres'
import { Availability } from './availability.ts'
import { ConnectionPool, type PoolOptions } from './connection-pool.ts'
import { DatabaseUnavailableError, translateError } from './database-error.ts'
import { inFlight } from './in-flight.ts'
import { Transactions } from './transactions.ts'

/** Runs statements: a pool, or one transaction. */
export type Sql = postgres.ISql

export interface DatabaseOptions {
	/** `postgres://user:password@host:port/name`. */
	readonly url: string
	/** Connections at most for single statements of the platform, and as many for transactions; default 10. */
	readonly poolSize?: number
	/**
	 * A statement that takes longer is cancelled by the server; milliseconds, default 5 000. A connection that says nothing for one
	 * second more is destroyed, and its statements are refused.
	 */
	readonly statementTimeoutMs?: number
	/** Limit for opening a connection; milliseconds, default 5 000. */
	readonly connectTimeoutMs?: number
}

/**
 * A pool of connections. Every method rejects with `DatabaseUnavailableError` or `DatabaseError` where the database is at fault, and
 * ends in any case: what takes longer than a statement, a connection and the wait for it may is refused by our own timer. A
 * statement that was refused so may have been carried out all the same.
 */
export interface Database {
	/** `host:port/name`, fit for a log. */
	readonly address: string
	/**
	 * Single statements as the platform, which sees every tenant: for workers, edge, dispatcher and administrator, and for finding out
	 * which tenant somebody speaks for.
	 */
	asPlatform<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/** All or nothing, as the platform. */
	platformTransaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/** All or nothing, as nobody: there are no rows of any tenant. */
	transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/** All or nothing, as the platform, on a connection of its own that is given half an hour: for work at the start. */
	longTransaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
	/**
	 * All or nothing, as the tenant: row-level security hides and refuses every other tenant's rows. Work that is one statement takes one
	 * way to the server and back, as a statement of the platform does.
	 */
	asTenant<T>(tenantId: TenantId, work: (sql: Sql) => Promise<T>): Promise<T>
	/** Waits up to five seconds for what is running, then closes every connection. */
	close(): Promise<void>
}

/** The role that tenant-scoped statements run as; it owns nothing and cannot bypass row-level security. */
const TENANT_ROLE = 'vigil_tenant'

/** What a connection says once for all its statements, to see the rows of every tenant (migration 0020). */
const PLATFORM = { 'vigil.scope': 'platform' }

const DEFAULT_POOL_SIZE = 10
const CLOSE_TIMEOUT_MS = 5000
const DEFAULT_STATEMENT_MS = 5000
const DEFAULT_CONNECT_MS = 5000
/** What a statement that the server cancels in time may take on its way. */
const WAY_MS = 1000
/** A transaction has several statements, each of which is answered in time. */
const STATEMENTS_OF_A_TRANSACTION = 4
const LONG_MS = 1_800_000
/** A server that was heard of since then is there, whatever one connection came to. */
const LATELY_MS = 1000

/**
 * Opens a pool. Nothing is dialled before the first statement; `checkDatabase` tells whether the server is there.
 *
 * @throws DatabaseUnavailableError when the URL is none of PostgreSQL's.
 */
export function connectDatabase(options: DatabaseOptions): Database {
	const address = addressOf(options.url)
	const limits = limitsOf(options)
	const pool = new ConnectionPool({ url: options.url, ...limits, session: PLATFORM })
	const transactions = new Transactions({ url: options.url, ...limits })
	const renew = () => {
		pool.renew()
		transactions.endAll()
	}
	const running = inFlight()
	const availability = new Availability({
		probe: () => translated(() => apart({ url: options.url, ...limits }, (sql) => sql`select 1`), address),
		isSilent: () => pool.isSilent(LATELY_MS),
		renew,
	})
	const guarded = <T>(work: (signal: AbortSignal) => Promise<T>, withinMs: number): Promise<T> => {
		const { refusal } = availability
		if (refusal) return Promise.reject(refusal)
		const onLate = () => pool.endSilent(limits.answerWithinMs)
		const result = running.track(translated(() => inTime(work, withinMs, onLate), address))
		result.catch((error: unknown) => availability.failed(error))
		return result
	}
	const transaction = <T>(work: (sql: Sql) => Promise<T>, scope?: Scope): Promise<T> =>
		guarded((signal) => transactions.run(work, signal, scope), limits.transactionMs)
	return {
		address,
		asPlatform: (work) => guarded(() => work(pool.sql), limits.runMs),
		transaction: (work) => transaction(work),
		platformTransaction: (work) => transaction(work, asPlatform),
		longTransaction: (work) => {
			const patient = { statementTimeoutMs: LONG_MS, answerWithinMs: LONG_MS }
			return translated(() => apart({ url: options.url, ...limits, ...patient, session: PLATFORM }, work), address)
		},
		asTenant: (tenantId, work) => transaction(work, (sql) => asTenant(sql, tenantId)),
		close: async () => {
			await running.settled(CLOSE_TIMEOUT_MS)
			availability.close()
			transactions.endAll()
			await pool.close()
		},
	}
}

function limitsOf({ poolSize, statementTimeoutMs, connectTimeoutMs }: DatabaseOptions) {
	const statementMs = statementTimeoutMs ?? DEFAULT_STATEMENT_MS
	const connectMs = connectTimeoutMs ?? DEFAULT_CONNECT_MS
	const answerWithinMs = statementMs + WAY_MS
	return {
		size: poolSize ?? DEFAULT_POOL_SIZE,
		connectTimeoutMs: connectMs,
		statementTimeoutMs: statementMs,
		answerWithinMs,
		// A connection may have to be opened first, and a statement sent before ours may have to end.
		runMs: connectMs + 2 * answerWithinMs,
		transactionMs: connectMs + STATEMENTS_OF_A_TRANSACTION * answerWithinMs,
	}
}

/** The work's own result, or a refusal once it has taken too long; the signal ends then what can be ended. */
async function inTime<T>(work: (signal: AbortSignal) => Promise<T>, withinMs: number, onLate: () => void): Promise<T> {
	const { promise: late, reject } = Promise.withResolvers<never>()
	const controller = new AbortController()
	const timer = setTimeout(() => {
		reject(Object.assign(new Error('too late'), { code: 'LATE' }))
		controller.abort()
		onLate()
	}, withinMs)
	try {
		return await Promise.race([work(controller.signal), late])
	} finally {
		clearTimeout(timer)
	}
}

/** One transaction on a connection of its own. */
async function apart<T>(options: PoolOptions, work: (sql: Sql) => Promise<T>): Promise<T> {
	const transactions = new Transactions({ ...options, size: 1 })
	try {
		return await transactions.run(work, AbortSignal.timeout(options.connectTimeoutMs + 2 * options.answerWithinMs))
	} finally {
		transactions.endAll()
	}
}

async function translated<T>(work: () => Promise<T>, address: string): Promise<T> {
	try {
		return await work()
	} catch (error) {
		throw translateError(error, address)
	}
}

type Scope = NonNullable<Parameters<Transactions['run']>[2]>

function asPlatform(sql: Sql) {
	return sql`select set_config('vigil.scope', ${PLATFORM['vigil.scope']}, true)`
}

function asTenant(sql: Sql, tenantId: TenantId) {
	return sql`select set_config('role', ${TENANT_ROLE}, true), set_config('vigil.tenant_id', ${tenantId}, true)`
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
