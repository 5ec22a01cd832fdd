import { startTestDatabase, type TestDatabase, until } from '@vigil/testkit'
import { createPostgresBackend, createPostgresRelayBackend, type PgPool, Queue, Relay } from 'bullmq'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { queueContract } from '../test/queue-contract.ts'
import { createQueueBackend } from './create-queue-backend.ts'
import { PermanentJobError } from './errors.ts'
import type { QueueBackend } from './queue-backend.ts'

/** Keeps the embedded server up while each test has a database of its own. */
let keepServer: TestDatabase

beforeAll(async () => {
	keepServer = await startTestDatabase()
})

afterAll(() => keepServer.stop())

const NAMESPACE = 'contract'

describe('queue on PostgreSQL', () => {
	queueContract(async () => {
		const database = await startTestDatabase()
		const pool = new pg.Pool({ connectionString: database.url, max: 2, options: '-c search_path=bullmq' })
		pool.on('error', () => {})
		const connection = pool as unknown as PgPool
		return {
			open: () => createQueueBackend({ databaseUrl: database.url, namespace: NAMESPACE }),
			injectJob: async (data) => {
				const queue = new Queue('push', { connection }, createPostgresBackend)
				await queue.add('push', data)
				await queue.close()
			},
			injectSignal: async (topic, data) => {
				const relay = new Relay({ connection, namespace: NAMESPACE, backend: createPostgresRelayBackend })
				await relay.publish(topic, data)
				await relay.close()
			},
			close: async () => {
				await pool.end()
				await database.stop()
			},
		}
	})

	describe('when the server cuts its connections', () => {
		let database: TestDatabase
		let backend: QueueBackend

		beforeEach(async () => {
			database = await startTestDatabase()
			backend = await createQueueBackend({ databaseUrl: database.url })
		})

		afterEach(async () => {
			await backend.close()
			await database.stop()
		})

		it('goes on with jobs and signals', async () => {
			const seen: string[] = []
			backend.consumer('push', async ({ pushId }) => void seen.push(pushId))
			await backend.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(deviceId))
			await enqueueTest(backend, 'before')
			await until(() => seen.includes('before'))
			await cutConnections(database.url)
			await until(() => backend.counters.errors > 0)
			await until(() => enqueueTest(backend, 'after').then(() => true))
			await until(() => backend.signals.publish('device.changed', { deviceId: 'nudge' }).then(() => true))
			await until(() => seen.includes('after') && seen.includes('nudge'), { deadlineMs: 15_000 })
			expect(await backend.health()).toMatchObject({ ok: true })
		})
	})

	describe('finished jobs', () => {
		it('go by their age, though the queue is quiet', async () => {
			const database = await startTestDatabase()
			const backend = await createQueueBackend({ databaseUrl: database.url })
			const pool = new pg.Pool({ connectionString: database.url, max: 1, options: '-c search_path=bullmq' })
			const kept = async (): Promise<number> =>
				Number((await pool.query(`select count(*) from job where state in ('completed', 'failed')`)).rows[0].count)
			const first = backend.consumer('push', async ({ pushId }) => {
				if (pushId === 'bad') throw new PermanentJobError('no such device')
			})
			for (const pushId of ['good', 'bad']) await enqueueTest(backend, pushId)
			await until(async () => (await kept()) === 2)
			await first.close()
			await pool.query(`update job set finished_at_ms = finished_at_ms - 700000`)
			const second = backend.consumer('push', async () => {})
			await until(async () => (await kept()) === 1)
			await second.close()
			await pool.query(`update job set finished_at_ms = finished_at_ms - 3600000`)
			backend.consumer('push', async () => {})
			await until(async () => (await kept()) === 0)
			await pool.end()
			await backend.close()
			await database.stop()
		})
	})

	it('refuses to open when there is no server', async () => {
		await expect(createQueueBackend({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toThrow(
			/ECONNREFUSED/,
		)
	})
})

async function enqueueTest(backend: QueueBackend, pushId: string): Promise<void> {
	const job = { intent: 'test', pushId, tenantId: 't', deviceId: 'd', enqueuedAtMs: 0, deadlineMs: 1 } as const
	await backend.producer('push').enqueue(job, { id: pushId })
}

async function cutConnections(url: string): Promise<void> {
	const client = new pg.Client({ connectionString: url })
	await client.connect()
	await client.query(
		'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
	)
	await client.end()
}
