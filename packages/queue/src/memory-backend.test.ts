import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { queueContract } from '../test/queue-contract.ts'
import { createMemoryQueueBackend } from './memory-backend.ts'
import { MemoryHub } from './memory-hub.ts'

describe('queue in memory', () => {
	queueContract(async () => {
		const hub = new MemoryHub()
		return {
			open: async () => createMemoryQueueBackend({ hub }),
			injectJob: async (data) => hub.queue('push').add(data),
			injectSignal: async (topic, data) => hub.publish(topic as 'account.changed', data),
			close: async () => {},
		}
	})

	it('times pauses by the given clock', async () => {
		const clock = new VirtualClock()
		const backend = createMemoryQueueBackend({ hub: new MemoryHub(clock) })
		const startedAt = clock.now()
		const runs: number[] = []
		backend.consumer('push', async () => {
			runs.push(clock.now() - startedAt)
			throw new Error('again')
		})
		const ids = { pushId: 'p', tenantId: 't', deviceId: 'd' }
		await backend.producer('push').enqueue({ intent: 'test', ...ids, enqueuedAtMs: 0, deadlineMs: 1 })
		await clock.advance(10_000)
		expect(runs).toEqual([0, 250, 750])
		expect(clock.pendingTimers).toBe(0)
	})
})
