import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TenantId } from '@vigil/domain'
import { afterEach, describe, expect, it } from 'vitest'
import { useServer } from '../../test/database.ts'
import { checkDatabase } from './check.ts'
import { connectDatabase, type Database, type DatabaseOptions } from './connect.ts'
import { DatabaseError, DatabaseUnavailableError } from './database-error.ts'
import { json } from './json.ts'

const server = useServer()
const open: (() => unknown)[] = []

afterEach(async () => {
	for (const close of open.splice(0)) await close()
})

function connect(options: Partial<DatabaseOptions> = {}): Database {
	const database = connectDatabase({ url: server().url, ...options })
	open.push(() => database.close())
	return database
}

/** The test server's URL with one part replaced. */
function urlWith(part: 'port' | 'password' | 'pathname' | 'hostname', value: string): string {
	const url = new URL(server().url)
	url[part] = value
	return url.href
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
	return work.then(
		() => expect.unreachable('it did not fail'),
		(error: Error) => error,
	)
}

describe('a database that cannot be used', () => {
	it.each([
		['port', '1', /^The database at 127\.0\.0\.1:1\/vigil cannot be used: nothing listens there\.$/],
		['password', 'hunter2', /^The database at \S+ cannot be used: it refuses the user or the password\.$/],
		['pathname', '/other', /^The database at \S+\/other cannot be used: it has no such database\.$/],
		['hostname', 'nowhere.invalid', /^The database at nowhere\.invalid:\d+\/vigil cannot be used: the host name/],
	] as const)('is told in one sentence, without the password: other %s', async (part, value, sentence) => {
		const url = urlWith(part, value)
		const error = await failureOf(checkDatabase(connect({ url })))
		expect(error).toBeInstanceOf(DatabaseUnavailableError)
		expect(error.message).toMatch(sentence)
		expect(error.message + error.stack + JSON.stringify(error)).not.toContain(new URL(url).password)
	})

	it.each(['', 'nonsense', 'http://user:hunter2@host/name'])('is one of no PostgreSQL URL: %s', async (url) => {
		const opening = async () => connectDatabase({ url })
		const error = await failureOf(opening())
		expect(error).toBeInstanceOf(DatabaseUnavailableError)
		expect(error.message + error.stack).not.toContain('hunter2')
	})

	it('is one that takes connections and says nothing', async () => {
		const sockets: Socket[] = []
		const mute = createServer((socket) => {
			sockets.push(socket)
			// What a killed server leaves behind: no word, no end.
			socket.on('error', () => {})
		})
		await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
		const { port } = mute.address() as AddressInfo
		const database = connect({ url: urlWith('port', String(port)), connectTimeoutMs: 100 })
		open.unshift(() => {
			for (const socket of sockets) socket.destroy()
			mute.close()
		})
		await expect(checkDatabase(database, 20)).rejects.toThrow(`127.0.0.1:${port}/vigil did not answer within 20 ms`)
	})

	it('is not this one', async () => {
		await checkDatabase(connect())
	})
})

describe('statements', () => {
	it('fail with the SQLSTATE, and without the values the server quotes', async () => {
		const database = connect()
		await database.asPlatform((sql) => sql`create table secrets (value text primary key)`)
		const insert = () => database.asPlatform((sql) => sql`insert into secrets values ('hunter2')`)
		await insert()
		const error = await failureOf(insert())
		expect(error).toBeInstanceOf(DatabaseError)
		expect(error).toMatchObject({ code: '23505', constraint: 'secrets_pkey' })
		expect(error.message + error.stack + JSON.stringify(error)).not.toContain('hunter2')
	})

	it('are cancelled at the time limit', async () => {
		const database = connect({ statementTimeoutMs: 20 })
		await expect(database.asPlatform((sql) => sql`select pg_sleep(10)`)).rejects.toMatchObject({ code: '57014' })
	})

	it('of a transaction count all or not at all', async () => {
		const database = connect()
		await database.asPlatform((sql) => sql`create table ledger (entry text)`)
		const broken = database.transaction(async (sql) => {
			await sql`insert into ledger values ('lost')`
			throw new Error('no')
		})
		await expect(broken).rejects.toThrow('no')
		expect(await database.asPlatform((sql) => sql`select * from ledger`)).toHaveLength(0)
	})

	it('get their own results, also beside values that have no JSON form', async () => {
		const database = connect({ poolSize: 2 })
		const cyclic: Record<string, unknown> = {}
		cyclic.self = cyclic
		const ask = (value: unknown) =>
			database.asPlatform((sql) => sql<{ value: unknown }[]>`select ${json(sql, value)} as value`)
		const results = await Promise.allSettled(
			Array.from({ length: 90 }, (_, index) => ask(index % 3 === 0 ? cyclic : { index })),
		)
		results.forEach((result, index) => {
			if (index % 3 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { name: 'TypeError' } })
			else expect(result).toMatchObject({ status: 'fulfilled', value: [{ value: { index } }] })
		})
	})

	it('take undefined for null', async () => {
		const database = connect()
		const asked = (value: string | undefined) =>
			database.asPlatform((sql) => sql`select ${value as string}::text as value`)
		expect(await asked(undefined)).toEqual([{ value: null }])
	})

	it('that are running end before the pool closes, and none begins after', async () => {
		const database = connect()
		const slow = database.asPlatform((sql) => sql`select max(n)::integer as last from generate_series(1, 50000) as n`)
		await database.close()
		expect(await slow).toEqual([{ last: 50_000 }])
		await expect(database.asPlatform((sql) => sql`select 1`)).rejects.toThrow(/this pool is closed/)
	})
})

describe('acting as a tenant', () => {
	it('lasts for one transaction on the connection', async () => {
		const database = connect({ poolSize: 1 })
		await database.asPlatform((sql) => sql`create role vigil_tenant`)
		await database.asPlatform((sql) => sql`grant vigil_tenant to vigil`)
		const who = () =>
			database.transaction((sql) => sql`select current_user, current_setting('vigil.tenant_id', true) as tenant`)
		const inside = await database.asTenant(
			'ten_1' as TenantId,
			(sql) => sql`select current_user, current_setting('vigil.tenant_id', true) as tenant`,
		)
		expect(inside).toEqual([{ currentUser: 'vigil_tenant', tenant: 'ten_1' }])
		expect(await who()).toEqual([{ currentUser: 'vigil', tenant: '' }])
	})
})
