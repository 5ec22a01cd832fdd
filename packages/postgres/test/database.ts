import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { connectDatabase, type Database } from '../src/database/connect.ts'
import { type EmbeddedPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/launcher.ts'
import { migrate } from '../src/migration/migrate.ts'

/** Generous: test files run side by side on few cores. */
const HOOK_TIMEOUT_MS = 60_000
/** What is lost in a power cut is no concern of a test. */
const FAST = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

/** A server and an empty database for the tests of the calling file; both are gone after them. */
export function useServer(): () => EmbeddedPostgres {
	let server: EmbeddedPostgres | undefined
	let stateDir: string | undefined
	beforeAll(async () => {
		stateDir = await mkdtemp(join(tmpdir(), 'vigil-test-'))
		server = await startEmbeddedPostgres({ stateDir, settings: FAST })
	}, HOOK_TIMEOUT_MS)
	afterAll(async () => {
		if (!stateDir) return
		await removeEmbeddedPostgres({ stateDir })
		await rm(stateDir, { recursive: true, force: true })
	}, HOOK_TIMEOUT_MS)
	return () => present(server)
}

/** A server with a migrated database for the tests of the calling file. */
export function useDatabase(): () => Database {
	const server = useServer()
	let database: Database | undefined
	beforeAll(async () => {
		database = connectDatabase({ url: server().url, poolSize: 4 })
		await migrate(database)
	}, HOOK_TIMEOUT_MS)
	afterAll(() => database?.close())
	return () => present(database)
}

/** Another empty database on the server; its URL. */
export async function createEmptyDatabase(server: EmbeddedPostgres, name: string): Promise<string> {
	const database = connectDatabase({ url: server.url, poolSize: 1 })
	await database.asPlatform((sql) => sql`create database ${sql(name)}`)
	await database.close()
	const url = new URL(server.url)
	url.pathname = `/${name}`
	return url.href
}

function present<T>(value: T | undefined): T {
	if (value === undefined) throw new Error('used before the tests of the file have begun')
	return value
}
