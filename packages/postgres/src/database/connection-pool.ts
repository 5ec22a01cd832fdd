import { wellFormedText } from '@vigil/runtime'
import postgres from 'postgres'
import { ARRAY_TYPES } from './arrays.ts'
import { SilenceError, WatchedSocket } from './watched-socket.ts'

type Pool = postgres.Sql<{ text: string; textArray: (string | null)[]; doubleArray: (number | null)[] }>

export interface PoolOptions {
	readonly url: string
	readonly size: number
	readonly connectTimeoutMs: number
	readonly statementTimeoutMs: number
	/** The longest silence after a statement was sent; then the connection is destroyed. */
	readonly answerWithinMs: number
	/** Settings of each connection's session, by name. */
	readonly session?: Readonly<Record<string, string>>
	/** Called when a connection has ended. */
	readonly onClosed?: () => void
}

const TEXT_OID = 25
/** The driver's own limit is 20 s, which would keep calls without a database long after it came back. */
const RECONNECT_LIMIT_SECONDS = 1
/** Beyond it the server ends a transaction that does nothing. */
const IDLE_IN_TRANSACTION_MS = 30_000
/** How long the goodbye of a closed connection may take. */
const FAREWELL_MS = 500

/** The driver's pool over connections that we watch, so that they can be ended without the server's help. */
export class ConnectionPool {
	readonly #options: PoolOptions
	#present: Generation

	constructor(options: PoolOptions) {
		this.#options = options
		this.#present = new Generation(options)
	}

	get sql(): Pool {
		return this.#present.sql
	}

	/** Ends the connections that have said nothing for so long, idle ones too: dialling anew costs little. */
	endSilent(forMs: number): void {
		for (const socket of this.#present.sockets) {
			if (socket.silentMs >= forMs) socket.destroy(new SilenceError(forMs))
		}
	}

	/** Whether every connection has said nothing for so long. */
	isSilent(forMs: number): boolean {
		for (const socket of this.#present.sockets) if (socket.silentMs < forMs) return false
		return true
	}

	/** Begins anew: every connection is ended, and what runs or waits for one is refused. */
	renew(): void {
		const before = this.#present
		this.#present = new Generation(this.#options)
		void before.close()
	}

	/** Ends every connection; what runs or waits for one is refused. */
	close(): Promise<void> {
		return this.#present.close()
	}
}

/** The connections from one beginning to the next. */
class Generation {
	readonly sockets = new Set<WatchedSocket>()
	readonly sql: Pool
	readonly #answerWithinMs: number
	#dials = 0
	#closed = false

	constructor(options: PoolOptions) {
		this.#answerWithinMs = options.answerWithinMs
		this.sql = this.#open(options)
	}

	async close(): Promise<void> {
		this.#closed = true
		await this.sql.end({ timeout: 0 })
		// The driver has said goodbye, which a mute server never answers.
		setTimeout(() => {
			for (const socket of this.sockets) socket.destroy()
		}, FAREWELL_MS).unref()
	}

	#open({ url, size, connectTimeoutMs, statementTimeoutMs, session, onClosed }: PoolOptions): Pool {
		// The driver knows the option; its types do not.
		const dialled = { socket: (parsed: DialledBy) => this.#dial(parsed) } as object
		return postgres(url, {
			...dialled,
			max: size,
			connect_timeout: connectTimeoutMs / 1000,
			backoff: (retries: number) => Math.min(3 ** retries / 100, RECONNECT_LIMIT_SECONDS),
			fetch_types: false,
			onnotice: () => {},
			onclose: () => onClosed?.(),
			types: {
				text: {
					to: TEXT_OID,
					from: [],
					serialize: (text: unknown) => wellFormedText(String(text)),
					parse: (text: string) => text,
				},
				...ARRAY_TYPES,
			},
			transform: { column: { from: postgres.toCamel }, undefined: null },
			connection: {
				application_name: 'vigil',
				statement_timeout: statementTimeoutMs,
				idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
				...session,
			},
		})
	}

	#dial({ path, host, port }: DialledBy): WatchedSocket {
		// A connection that the driver was to open when it was told to end it.
		if (this.#closed) throw Object.assign(new Error('closed'), { code: 'CONNECTION_DESTROYED' })
		const turn = this.#dials++ % host.length
		const target = path ? { path } : { host: host[turn] ?? '', port: port[turn] ?? 0 }
		const socket = new WatchedSocket(target, this.#answerWithinMs, (ended) => this.sockets.delete(ended))
		this.sockets.add(socket)
		// The driver takes the name for TLS from here.
		return Object.assign(socket, { host: path ? undefined : host[turn] })
	}
}

/** The driver's settings, as it hands them to whoever dials for it. */
interface DialledBy {
	readonly path: string | false
	readonly host: readonly string[]
	readonly port: readonly number[]
}
