import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Database, Sql } from '../database/connect.ts'

/** The schema cannot be brought to this version of the service. */
export class MigrationError extends Error {
	constructor(message: string) {
		super(message)
		this.name = 'MigrationError'
	}
}

export interface MigrationResult {
	/** Names of the files applied now, in order; empty when the schema was up to date. */
	readonly applied: readonly string[]
}

interface Migration {
	readonly name: string
	readonly text: string
	readonly checksum: string
}

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))
const NAME = /^\d{4}_[a-z0-9_]+\.sql$/
/** Any number that nobody else locks; "vigil" in ASCII. */
const LOCK_KEY = 0x766967696c

/**
 * Applies the numbered SQL files that this database has not seen, all in one transaction. Of several runners at once,
 * one applies and the others wait and find nothing to do. Migrations that this version does not know are left alone, so that
 * an older version can run beside a newer one during a roll-out.
 *
 * @param folder Where the files are; the package's own by default.
 * @throws MigrationError when an applied file was changed since, or when the database refuses a file.
 */
export async function migrate(database: Database, folder: string = FOLDER): Promise<MigrationResult> {
	const migrations = await readMigrations(folder)
	return database.longTransaction(async (sql) => {
		await sql`set local statement_timeout = 0`
		await sql`select pg_advisory_xact_lock(${LOCK_KEY})`
		const known = await readApplied(sql)
		const missing = migrations.filter((migration) => isMissing(migration, known))
		for (const migration of missing) await apply(sql, migration)
		return { applied: missing.map(({ name }) => name) }
	})
}

async function readMigrations(folder: string): Promise<Migration[]> {
	const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort()
	return Promise.all(
		names.map(async (name) => {
			// A checkout may write other line ends; that is no change.
			const text = (await readFile(`${folder}/${name}`, 'utf8')).replaceAll('\r\n', '\n')
			return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
		}),
	)
}

async function readApplied(sql: Sql): Promise<ReadonlyMap<string, string>> {
	await sql`create schema if not exists vigil`
	await sql`
		create table if not exists vigil.migrations (
			name text primary key,
			checksum text not null,
			applied_at timestamptz not null default now()
		)
	`
	const rows = await sql<{ name: string; checksum: string }[]>`select name, checksum from vigil.migrations`
	return new Map(rows.map((row) => [row.name, row.checksum]))
}

function isMissing(migration: Migration, known: ReadonlyMap<string, string>): boolean {
	const checksum = known.get(migration.name)
	if (checksum === undefined) return true
	if (checksum === migration.checksum) return false
	throw new MigrationError(
		`The migration ${migration.name} was changed after it had been applied; restore the file and put the change into a new one.`,
	)
}

async function apply(sql: Sql, migration: Migration): Promise<void> {
	try {
		await sql.unsafe(migration.text)
	} catch (error) {
		throw new MigrationError(`The migration ${migration.name} failed: ${(error as Error).message}.`)
	}
	await sql`insert into vigil.migrations (name, checksum) values (${migration.name}, ${migration.checksum})`
}
