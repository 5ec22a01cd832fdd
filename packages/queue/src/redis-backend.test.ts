import { randomUUID } from 'node:crypto'
import { silentLogger } from '@vigil/runtime'
import { Queue, Relay } from 'bullmq'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { queueContract } from '../test/queue-contract.ts'
import { createQueueBackend } from './create-queue-backend.ts'

const redisUrl = process.env.REDIS_URL
if (!redisUrl) process.stderr.write('queue on Redis: contract tests not run, because REDIS_URL is not set\n')

describe.skipIf(!redisUrl)('queue on Redis', () => {
	queueContract(async () => {
		const namespace = `test-${randomUUID()}`
		const connection = new Redis(redisUrl ?? '', { maxRetriesPerRequest: null })
		return {
			open: () => createQueueBackend({ redisUrl: redisUrl ?? '', namespace }),
			injectJob: async (data) => {
				const queue = new Queue('push', { connection, prefix: namespace })
				await queue.add('push', data)
				await queue.close()
			},
			injectSignal: async (topic, data) => {
				const relay = new Relay({ connection, prefix: namespace, namespace })
				await relay.publish(topic, data)
				await relay.close()
			},
			close: async () => {
				const keys = await connection.keys(`${namespace}:*`)
				if (keys.length > 0) await connection.del(keys)
				connection.disconnect()
			},
		}
	})
})

describe('queue on Redis without a server', () => {
	it('refuses to open, in one sentence and without the password', async () => {
		const warnings: unknown[] = []
		const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) }
		const opening = createQueueBackend({ redisUrl: 'redis://:s3cret@127.0.0.1:1', connectTimeoutMs: 200, logger })
		await expect(opening).rejects.toThrow(/^cannot connect to Redis: (?!.*s3cret).*ECONNREFUSED/)
		expect(warnings).toEqual([])
	})
})
