import { FaultProxy, type ProxyFault, startTestDatabase, until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { createQueueBackend } from './create-queue-backend.ts'
import type { QueueBackend } from './queue-backend.ts'

const { REDIS_URL } = process.env
if (!REDIS_URL) process.stderr.write('queue on a Redis that goes away: not run, because REDIS_URL is not set\n')

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

interface World {
	readonly proxy: FaultProxy
	/** Behind the proxy. */
	readonly here: QueueBackend
	/** Another process, whose way to the store stays good. */
	readonly there: QueueBackend
}

async function open(kind: string): Promise<World> {
	const database = kind === 'redis' ? undefined : await startTestDatabase()
	if (database) closing.push(() => database.stop())
	const url = database?.url ?? REDIS_URL ?? ''
	const { hostname, port } = new URL(url)
	const proxy = await FaultProxy.start({ host: hostname, port: Number(port || 6379) })
	closing.push(() => proxy.close())
	const namespace = `away-${Date.now()}-${process.pid}`
	const options = (at: string) => (database ? { databaseUrl: at, namespace } : { redisUrl: at, namespace })
	const here = await createQueueBackend(options(proxy.urlThrough(url)))
	closing.push(() => here.close())
	const there = await createQueueBackend(options(url))
	closing.push(() => there.close())
	return { proxy, here, there }
}

function enqueue(backend: QueueBackend, pushId: string): Promise<void> {
	const job = { intent: 'test', pushId, tenantId: 't', deviceId: 'd', enqueuedAtMs: 0, deadlineMs: 1 } as const
	return backend.producer('push').enqueue(job, { id: pushId })
}

const FAULTS: readonly ProxyFault[] = [{ kind: 'mute' }, { kind: 'stop' }]

describe.each(['postgres', 'redis'])('a queue on %s', (kind) => {
	describe.skipIf(kind === 'redis' && !REDIS_URL)('whose store goes away', () => {
		it.each(FAULTS)('hears of it, and goes on listening when it is back: $kind', async (fault) => {
			const { proxy, here, there } = await open(kind)
			const seen: string[] = []
			here.consumer('push', async ({ pushId }) => void seen.push(pushId))
			await here.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(deviceId))
			await enqueue(here, 'before')
			await until(() => seen.includes('before'))

			await proxy.set(fault)
			await expect(enqueue(here, 'during')).rejects.toThrow(/cannot enqueue push/)
			// Nothing is sent on a connection that listens, so only a heartbeat tells that it is dead.
			const errors = () => here.counters.errors
			await until(errors, { deadlineMs: 30_000 })

			await proxy.set({ kind: 'pass' })
			await until(() => here.health().then(({ ok }) => ok), { deadlineMs: 30_000 })
			await enqueue(there, 'after')
			await until(() => seen.includes('after'), { deadlineMs: 30_000 })
			await until(
				async () => {
					await there.signals.publish('device.changed', { deviceId: 'nudge' })
					return seen.includes('nudge')
				},
				{ deadlineMs: 30_000 },
			)
		})

		it('carries the signals of its own process all the same, once each', async () => {
			const { proxy, here } = await open(kind)
			const seen: string[] = []
			await here.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(deviceId))
			await proxy.set({ kind: 'mute' })
			const publishing = here.signals.publish('device.changed', { deviceId: 'mine' })
			await until(() => seen.includes('mine'))
			await expect(publishing).rejects.toThrow(/cannot publish device.changed/)
			await proxy.set({ kind: 'pass' })
			await until(
				() =>
					here.signals.publish('device.changed', { deviceId: 'last' }).then(
						() => true,
						() => false,
					),
				{
					deadlineMs: 30_000,
				},
			)
			await until(() => seen.includes('last'))
			expect(seen.filter((id) => id === 'mine')).toHaveLength(1)
			expect(seen.filter((id) => id === 'last').length).toBe(seen.filter((id) => id !== 'mine').length)
		})
	})
})
