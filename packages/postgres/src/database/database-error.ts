import postgres from 'postgres'

/** The database cannot be reached or refuses us as a whole; worth another try later. The message holds no password. */
export class DatabaseUnavailableError extends Error {
	/** `ECONNREFUSED`, `28P01` and the like. */
	readonly code: string

	constructor(code: string, message: string) {
		super(message)
		this.name = 'DatabaseUnavailableError'
		this.code = code
	}
}

const LASTING = /^(22|23|54)/

/** One statement failed. Row contents that the server quotes in an error's detail are left out on purpose. */
export class DatabaseError extends Error {
	/** SQLSTATE. */
	readonly code: string
	readonly constraint?: string
	/** The same statement with the same values will fail again: bad data, a broken rule, a limit of the program. */
	readonly isLasting: boolean

	constructor(code: string, message: string, constraint?: string) {
		super(message)
		this.name = 'DatabaseError'
		this.code = code
		this.isLasting = LASTING.test(code)
		if (constraint !== undefined) this.constraint = constraint
	}
}

/** Something named in a write does not exist, or belongs to another tenant. */
export class MissingReferenceError extends Error {
	readonly isLasting = true

	constructor(message: string) {
		super(message)
		this.name = 'MissingReferenceError'
	}
}

/** The connection of a transaction has ended. */
export class ConnectionLostError extends Error {
	readonly code = 'CONNECTION_CLOSED'

	constructor() {
		super('the connection was closed')
		this.name = 'ConnectionLostError'
	}
}

const UNAVAILABLE: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nothing listens there',
	ECONNRESET: 'the connection was reset',
	EPIPE: 'the connection was reset',
	ENOTFOUND: 'the host name is unknown',
	EAI_AGAIN: 'the host name cannot be resolved just now',
	EHOSTUNREACH: 'there is no route to the host',
	ENETUNREACH: 'there is no route to the network',
	ETIMEDOUT: 'it does not answer',
	CONNECT_TIMEOUT: 'it does not answer',
	SILENCE: 'it does not answer',
	LATE: 'it does not answer',
	CONNECTION_CLOSED: 'the connection was closed',
	CONNECTION_ENDED: 'this pool is closed',
	CONNECTION_DESTROYED: 'the connection was ended',
	'28P01': 'it refuses the user or the password',
	'28000': 'it refuses the user',
	'3D000': 'it has no such database',
	'53300': 'it has no connection left to give',
	'57P01': 'it is shutting down',
	'57P02': 'it crashed and is recovering',
	'57P03': 'it is starting up or shutting down',
}

/** Turns whatever the driver threw into one of our errors; anything else passes unchanged. */
export function translateError(error: unknown, address: string): unknown {
	const code = codeOf(error)
	if (code === undefined) return error
	const reason = UNAVAILABLE[code]
	if (reason !== undefined) {
		return new DatabaseUnavailableError(code, `The database at ${address} cannot be used: ${reason}.`)
	}
	if (!(error instanceof postgres.PostgresError)) return error
	return new DatabaseError(code, `The database refused a statement: ${error.message} (${code}).`, error.constraint_name)
}

function codeOf(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined
	// Node reports a failure of every address of a host as an AggregateError whose own code is the last one's.
	const code = (error as NodeJS.ErrnoException).code
	return typeof code === 'string' ? code : undefined
}
