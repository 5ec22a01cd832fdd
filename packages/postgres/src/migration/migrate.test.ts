import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createEmptyDatabase, useServer } from '../../test/database.ts'
import { connectDatabase, type Database } from '../database/connect.ts'
import { MigrationError, migrate } from './migrate.ts'

const OWN_FILES = new URL('../../migrations/', import.meta.url).pathname

const server = useServer()
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const close of open.splice(0)) await close()
})

async function emptyDatabase(name: string): Promise<() => Database> {
	const url = await createEmptyDatabase(server(), name)
	return () => {
		const database = connectDatabase({ url, poolSize: 1 })
		open.push(() => database.close())
		return database
	}
}

async function folderOf(files: Record<string, string>): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'vigil-migrations-'))
	open.push(() => rm(folder, { recursive: true }))
	for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
	return folder
}

describe('migrate', () => {
	it('applies every file once, in order', async () => {
		const database = (await emptyDatabase('once'))()
		const first = await migrate(database)
		expect(first.applied.length).toBeGreaterThan(0)
		expect(first.applied).toEqual([...first.applied].sort())
		expect(await migrate(database)).toEqual({ applied: [] })
	})

	it('lets one of several runners at once do the work', async () => {
		const connect = await emptyDatabase('race')
		const results = await Promise.all([connect(), connect(), connect()].map((database) => migrate(database)))
		const busy = results.filter((result) => result.applied.length > 0)
		expect(busy).toHaveLength(1)
	})

	it('migrates two databases of one server at once, although they share the role', async () => {
		const [one, two] = await Promise.all([emptyDatabase('twin_a'), emptyDatabase('twin_b')])
		const results = await Promise.all([migrate(one()), migrate(two())])
		expect(results[0]).toEqual(results[1])
	})

	it('deletes the credentials of accounts that have push turned off already', async () => {
		const database = (await emptyDatabase('push_off'))()
		const before = await folderOf({})
		const names = (await readdir(OWN_FILES)).filter((name) => name < '0006')
		for (const name of names) await cp(join(OWN_FILES, name), join(before, name))
		await migrate(database, before)
		await database.asPlatform(
			(sql) => sql`
				with tenant as (insert into vigil.tenants (id, name) values ('t', 't') returning id)
				insert into vigil.accounts (id, tenant_id, username, domain, transport, password, attributes, contact_token)
				select name, tenant.id, name, 'd', 'udp', 'sealed', attributes::jsonb, name
				from tenant, (values ('on', '{"pushEnabled": true}'), ('off', '{"pushEnabled": false}'), ('old', '{}'))
					as a(name, attributes)
			`,
		)
		await migrate(database)
		const rows = await database.asPlatform((sql) => sql`select id, password from vigil.accounts order by id`)
		expect(rows.map((row) => [row.id, row.password])).toEqual([
			['off', null],
			['old', 'sealed'],
			['on', 'sealed'],
		])
	})

	it('refuses a file that was changed after it had been applied', async () => {
		const database = (await emptyDatabase('changed'))()
		const folder = await folderOf({ '0001_first.sql': 'create table vigil.one ()' })
		await migrate(database, folder)
		await writeFile(join(folder, '0001_first.sql'), 'create table vigil.one (two int)')
		await expect(migrate(database, folder)).rejects.toThrow(/0001_first\.sql was changed/)
	})

	it('takes other line ends for no change', async () => {
		const database = (await emptyDatabase('line_ends'))()
		const folder = await folderOf({ '0001_first.sql': 'create table vigil.one (\n)\n' })
		await migrate(database, folder)
		await writeFile(join(folder, '0001_first.sql'), 'create table vigil.one (\r\n)\r\n')
		expect(await migrate(database, folder)).toEqual({ applied: [] })
	})

	it('changes nothing when one file of several fails, and names it', async () => {
		const database = (await emptyDatabase('broken'))()
		const folder = await folderOf({ '0001_good.sql': 'create table vigil.good ()', '0002_bad.sql': 'create tabel x' })
		await expect(migrate(database, folder)).rejects.toThrow(MigrationError)
		await expect(migrate(database, folder)).rejects.toThrow(/0002_bad\.sql failed: syntax error/)
		const schemas = await database.asPlatform((sql) => sql`select from pg_namespace where nspname = 'vigil'`)
		expect(schemas).toHaveLength(0)
	})

	it('leaves migrations alone that a newer version has applied', async () => {
		const database = (await emptyDatabase('newer'))()
		const newer = await folderOf({ '9999_later.sql': 'create table vigil.later ()' })
		await cp(OWN_FILES, newer, { recursive: true })
		await migrate(database, newer)
		expect(await migrate(database)).toEqual({ applied: [] })
	})

	it('puts row-level security on every table but its own, for the owner too', async () => {
		const database = (await emptyDatabase('guarded'))()
		await migrate(database)
		const open = await database.asPlatform(
			(sql) => sql`
				select c.relname from pg_class c
				where c.relnamespace = 'vigil'::regnamespace and c.relkind = 'r'
					and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))
			`,
		)
		expect(open.map((row) => row.relname)).toEqual(['migrations'])
	})
})
