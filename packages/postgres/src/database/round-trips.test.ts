import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TenantId } from '@vigil/domain'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { useServer } from '../../test/database.ts'
import { migrate } from '../migration/migrate.ts'
import { connectDatabase, type Database } from './connect.ts'

const server = useServer()
const open: (() => unknown)[] = []
const TENANT = 'ten_a' as TenantId

beforeAll(async () => {
	const database = connectDatabase({ url: server().url, poolSize: 1 })
	await migrate(database)
	await database.close()
})

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close()
})

/** Counts how often the service speaks and then waits for the database. */
class Way {
	trips = 0
	#isAnswered = true

	static async start(): Promise<{ way: Way; database: Database }> {
		const { hostname, port } = new URL(server().url)
		const way = new Way()
		const sockets = new Set<Socket>()
		const relay = createServer((near) => {
			const far = connect({ host: hostname, port: Number(port) })
			for (const socket of [near, far]) {
				sockets.add(socket)
				socket.on('error', () => {})
			}
			near.on('data', (bytes) => way.#asked() && far.write(bytes)).on('close', () => far.destroy())
			far.on('data', (bytes) => way.#answered() && near.write(bytes)).on('close', () => near.destroy())
		}).listen(0, '127.0.0.1')
		await once(relay, 'listening')
		const url = new URL(server().url)
		url.port = String((relay.address() as AddressInfo).port)
		const database = connectDatabase({ url: url.href, poolSize: 1 })
		open.push(
			() => relay.close(),
			() => {
				for (const socket of sockets) socket.destroy()
			},
			() => database.close(),
		)
		return { way, database }
	}

	/** Of the second time, when the statements of the connection are prepared. */
	async of(work: () => Promise<unknown>): Promise<number> {
		await work()
		this.trips = 0
		await work()
		return this.trips
	}

	#asked(): true {
		if (this.#isAnswered) this.trips++
		this.#isAnswered = false
		return true
	}

	#answered(): true {
		this.#isAnswered = true
		return true
	}
}

describe('the way to the database and back', () => {
	it('is gone once for a statement, whether it is the platform’s or a tenant’s', async () => {
		const { way, database } = await Way.start()
		const platform = await way.of(() => database.asPlatform((sql) => sql`select ${'x'} as x`))
		const tenant = await way.of(() => database.asTenant(TENANT, (sql) => sql`select ${'x'} as x`))
		expect([platform, tenant]).toEqual([1, 1])
	})

	it('is gone once for a first statement and what begins its transaction, and once for the commit', async () => {
		const { way, database } = await Way.start()
		const trips = await way.of(() => database.asTenant(TENANT, async (sql) => [await sql`select ${'x'} as x`]))
		expect(trips).toBe(2)
	})
})

describe('a transaction that is sent in one go', () => {
	const scope = (database: Database) =>
		database.asTenant(
			TENANT,
			(sql) => sql<{ role: string; tenant: string }[]>`
				select current_user as role, current_setting('vigil.tenant_id', true) as tenant
			`,
		)

	it('runs as the tenant, and leaves nothing of it to who comes after on the connection', async () => {
		const { database } = await Way.start()
		expect(await scope(database)).toEqual([{ role: 'vigil_tenant', tenant: TENANT }])
		const after = await database.transaction(
			(sql) => sql<{ tenant: string | null }[]>`
				select nullif(current_setting('vigil.tenant_id', true), '') as tenant where current_user <> 'vigil_tenant'
			`,
		)
		expect(after).toEqual([{ tenant: null }])
	})

	it('is undone where its statement fails, and the connection goes on', async () => {
		const { database } = await Way.start()
		await expect(database.asTenant(TENANT, (sql) => sql`select 1 / ${0}::integer as x`)).rejects.toMatchObject({
			code: '22012',
		})
		expect(await scope(database)).toMatchObject([{ role: 'vigil_tenant' }])
	})

	it('is undone where its work fails after a statement, and tells what failed first', async () => {
		const { database } = await Way.start()
		const work = database.asTenant(TENANT, async (sql) => {
			await sql`create temporary table gone (id integer)`
			throw new Error('the work failed')
		})
		await expect(work).rejects.toThrow('the work failed')
		const left = await database.transaction((sql) => sql`select to_regclass('gone') as found`)
		expect(left).toEqual([{ found: null }])
	})
})
