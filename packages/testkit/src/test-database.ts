import { randomBytes } from 'node:crypto'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

export interface TestDatabase {
	/** URL of an empty database of its own. */
	readonly url: string
	/** Drops the database, cutting connections that are still open; stops the embedded server with its last database. */
	stop(): Promise<void>
}

let embedded: Promise<EmbeddedPostgres> | undefined
let embeddedUsers = 0

/**
 * A new, empty PostgreSQL database: on the server of `DATABASE_URL` when that is set, otherwise on an embedded
 * server, started once per process and stopped when its last database is.
 */
export async function startTestDatabase(): Promise<TestDatabase> {
	const serverUrl = process.env.DATABASE_URL || (await acquireEmbedded())
	const name = `vigil_test_${randomBytes(6).toString('hex')}`
	await execute(serverUrl, `CREATE DATABASE ${name}`)
	const url = new URL(serverUrl)
	url.pathname = `/${name}`
	return {
		url: url.href,
		stop: async () => {
			if (process.env.DATABASE_URL) await execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
			else await releaseEmbedded()
		},
	}
}

async function acquireEmbedded(): Promise<string> {
	embeddedUsers++
	embedded ??= startEmbeddedPostgres()
	try {
		return (await embedded).url
	} catch (error) {
		embeddedUsers--
		embedded = undefined
		throw error
	}
}

async function releaseEmbedded(): Promise<void> {
	if (--embeddedUsers > 0) return
	const server = await embedded
	embedded = undefined
	await server?.stop()
}

async function execute(url: string, statement: string): Promise<void> {
	// Loaded when it is needed: most tests want other parts of this package.
	const { default: pg } = await import('pg')
	const client = new pg.Client({ connectionString: url })
	await client.connect()
	try {
		await client.query(statement)
	} finally {
		await client.end()
	}
}
