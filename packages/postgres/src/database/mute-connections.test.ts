import { FaultProxy, until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { useServer } from '../../test/database.ts'
import { connectDatabase, type Database, type DatabaseOptions } from './connect.ts'
import { DatabaseUnavailableError } from './database-error.ts'

const server = useServer()
const open: (() => unknown)[] = []

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close()
})

/** A pool on the other side of a way that can be made bad; a silence of 1.1 s ends a connection. */
async function behindProxy(options: Partial<DatabaseOptions> = {}): Promise<{ database: Database; proxy: FaultProxy }> {
	const { hostname, port } = new URL(server().url)
	const proxy = await FaultProxy.start({ host: hostname, port: Number(port) })
	open.push(() => proxy.close())
	const url = proxy.urlThrough(server().url)
	const database = connectDatabase({ url, poolSize: 4, statementTimeoutMs: 100, connectTimeoutMs: 300, ...options })
	open.push(() => database.close())
	return { database, proxy }
}

const one = (database: Database) => database.asPlatform((sql) => sql`select 1 as one`)

describe('a database behind a way that swallows', () => {
	it('costs every statement that is under way, and none waits for ever', async () => {
		const { database, proxy } = await behindProxy()
		await Promise.all([one(database), one(database), one(database)])
		await proxy.set({ kind: 'mute' })
		const transaction = database.platformTransaction(async (sql) => sql`select 1`)
		const many = Array.from({ length: 50 }, () => one(database))
		for (const result of await Promise.allSettled([transaction, ...many])) {
			expect(result).toMatchObject({ status: 'rejected', reason: { name: 'DatabaseUnavailableError' } })
		}
	})

	it('ends a transaction that has begun already', async () => {
		const { database, proxy } = await behindProxy()
		const work = database.platformTransaction(async (sql) => {
			await sql`select 1`
			await proxy.set({ kind: 'mute' })
			return sql`select 2`
		})
		await expect(work).rejects.toBeInstanceOf(DatabaseUnavailableError)
	})

	it('is refused at once while it is known to be away, and used again as soon as it answers', async () => {
		const { database, proxy } = await behindProxy()
		await one(database)
		await proxy.set({ kind: 'mute' })
		await expect(one(database)).rejects.toBeInstanceOf(DatabaseUnavailableError)
		// No timer has run between the refusals: nothing was waited for.
		const refused: unknown[] = []
		for (let i = 0; i < 1000; i++) one(database).catch((error: unknown) => refused.push(error))
		await new Promise((resolve) => setImmediate(resolve))
		expect(refused).toHaveLength(1000)
		await proxy.set({ kind: 'pass' })
		expect(await until(() => one(database).catch(() => undefined))).toEqual([{ one: 1 }])
	})

	it('never carries out what was refused while it waited for a connection', async () => {
		const { database, proxy } = await behindProxy({ poolSize: 1 })
		await database.asPlatform((sql) => sql`create table late (entry text)`)
		await proxy.set({ kind: 'mute' })
		const writes = Array.from({ length: 5 }, (_, i) =>
			database.asPlatform((sql) => sql`insert into late values (${i})`),
		)
		expect((await Promise.allSettled(writes)).every(({ status }) => status === 'rejected')).toBe(true)
		await proxy.set({ kind: 'pass' })
		await until(() => one(database).catch(() => undefined))
		expect(await database.asPlatform((sql) => sql`select * from late`)).toEqual([])
		await database.asPlatform((sql) => sql`drop table late`)
	})

	it('that is only slow is used', async () => {
		const { database, proxy } = await behindProxy({ connectTimeoutMs: 5000, statementTimeoutMs: 5000 })
		await one(database)
		await proxy.set({ kind: 'slow', delayMs: 100 })
		const transaction = database.platformTransaction(async (sql) => sql`select 1`)
		expect(await Promise.all([one(database), one(database), transaction])).toHaveLength(3)
	})

	it('that is stopped refuses at once, and is used again when it is back', async () => {
		const { database, proxy } = await behindProxy()
		await one(database)
		await proxy.set({ kind: 'stop' })
		await expect(one(database)).rejects.toBeInstanceOf(DatabaseUnavailableError)
		await proxy.set({ kind: 'pass' })
		expect(await until(() => one(database).catch(() => undefined))).toEqual([{ one: 1 }])
	})
})
