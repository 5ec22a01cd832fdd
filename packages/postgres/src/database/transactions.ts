import type postgres from 'postgres'
import { ConnectionPool, type PoolOptions } from './connection-pool.ts'
import { ConnectionLostError } from './database-error.ts'

type Sql = postgres.ISql
type Statement = Promise<unknown> & { execute(): unknown }

/**
 * Transactions, each on a connection that is its own meanwhile. The driver's own `begin` writes its `rollback` to a connection that
 * is gone, which throws outside of every promise, and goes on with the statements of a lost transaction on whatever connection comes
 * after; so begin, commit and rollback are ours, and a transaction whose connection ended is over.
 *
 * What begins a transaction is sent together with its first statement, and so is the commit where that statement is all: a transaction
 * of one statement is one way to the server and back. A begin that fails leaves the statement to a session that sees no rows, and a
 * statement that fails makes a rollback of the commit.
 */
export class Transactions {
	readonly #options: PoolOptions
	readonly #size: number
	readonly #idle: Lease[] = []
	readonly #waiting: Waiting[] = []
	#leases = new Set<Lease>()

	constructor(options: PoolOptions) {
		this.#options = options
		this.#size = options.size
	}

	/**
	 * All or nothing. `signal` ends the wait for a connection, and the transaction. `scope` makes the statement that comes before those
	 * of the work; a work that returns one statement, and not a promise of its own, is over with it.
	 */
	async run<T>(work: (sql: Sql) => Promise<T>, signal: AbortSignal, scope?: (sql: Sql) => Statement): Promise<T> {
		const lease = await this.#lease(signal)
		const end = () => lease.end()
		signal.addEventListener('abort', end)
		try {
			return await lease.transaction(work, scope)
		} finally {
			signal.removeEventListener('abort', end)
			this.#giveBack(lease)
		}
	}

	/** Ends every connection; transactions under way are refused. */
	endAll(): void {
		for (const lease of this.#leases) lease.end()
		this.#leases = new Set()
		this.#idle.length = 0
	}

	#lease(signal: AbortSignal): Promise<Lease> {
		const idle = this.#idle.pop()
		if (idle) return Promise.resolve(idle)
		if (this.#leases.size < this.#size) return Promise.resolve(this.#newLease())
		return new Promise((resolve, reject) => {
			const waiting = { resolve }
			this.#waiting.push(waiting)
			signal.addEventListener('abort', () => {
				const place = this.#waiting.indexOf(waiting)
				if (place < 0) return
				this.#waiting.splice(place, 1)
				reject(new ConnectionLostError())
			})
		})
	}

	#newLease(): Lease {
		const lease = new Lease(this.#options, () => this.#leases.delete(lease))
		this.#leases.add(lease)
		return lease
	}

	#giveBack(lease: Lease): void {
		const isUsable = this.#leases.has(lease) && !lease.isLost
		const next = this.#waiting.shift()
		if (next) next.resolve(isUsable ? lease : this.#newLease())
		else if (isUsable) this.#idle.push(lease)
	}
}

/** A statement that nobody has sent yet, as opposed to work that may go on after it. */
function isStatement(work: Promise<unknown>): work is Statement {
	return 'execute' in work
}

/** Sends it without a wait for the answer; it is awaited later, or has failed with what was sent before it. */
function sent(statement: Statement): Statement {
	statement.execute()
	statement.catch(() => {})
	return statement
}

interface Waiting {
	resolve(lease: Lease): void
}

/** One connection. Once it has ended it is used no more. */
class Lease {
	readonly #pool: ConnectionPool
	readonly #onLost: () => void
	#lost = false

	constructor(options: PoolOptions, onLost: () => void) {
		this.#onLost = onLost
		this.#pool = new ConnectionPool({ ...options, size: 1, onClosed: () => this.end() })
	}

	get isLost(): boolean {
		return this.#lost
	}

	async transaction<T>(work: (sql: Sql) => Promise<T>, scope?: (sql: Sql) => Statement): Promise<T> {
		const { sql } = this.#pool
		const begun = Promise.all([sent(sql.unsafe('begin')), scope && sent(scope(sql))])
		// Whoever waits for it comes later.
		begun.catch(() => {})
		try {
			const working = work(this.#guarded())
			let committed: Statement | undefined
			if (isStatement(working)) {
				sent(working)
				committed = sent(sql.unsafe('commit'))
			}
			const [result] = await Promise.all([working, begun])
			this.#check()
			await (committed ?? sql.unsafe('commit'))
			return result
		} catch (error) {
			await this.#rollBack()
			// Statements after it have failed for its sake.
			await begun
			throw error
		}
	}

	async #rollBack(): Promise<void> {
		if (this.#lost) return
		// A connection whose state is unknown is none to go on with.
		await this.#pool.sql.unsafe('rollback').catch(() => this.end())
	}

	/** Whatever runs is refused. */
	end(): void {
		if (this.#lost) return
		this.#lost = true
		this.#onLost()
		// The driver would dial anew for statements that it has not sent yet.
		void this.#pool.close()
	}

	/** A statement after the end of the connection would run on another one, outside of the transaction. */
	#guarded(): Sql {
		return new Proxy(this.#pool.sql, {
			apply: (target, self, args) => {
				this.#check()
				return Reflect.apply(target, self, args)
			},
		})
	}

	#check(): void {
		if (this.#lost) throw new ConnectionLostError()
	}
}
