import type { PushJob } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InvalidPayloadError, PermanentJobError } from '../src/errors.ts'
import type { JobContext, QueueBackend } from '../src/queue-backend.ts'

/** A store under test, and ways around the backend to put into it what the backend itself would refuse. */
export interface StoreUnderTest {
	/** Opens another backend on the same store, as another process would. */
	open(): Promise<QueueBackend>
	injectJob(data: unknown): Promise<void>
	injectSignal(topic: string, data: unknown): Promise<void>
	close(): Promise<void>
}

let pushes = 0

function pushJob(change: Partial<PushJob> = {}): PushJob {
	return {
		intent: 'call',
		pushId: `push-${++pushes}`,
		tenantId: 'tenant-1',
		accountId: 'account-1',
		deviceId: 'device-1',
		callId: 'call-1',
		sipCallId: 'abc@upstream',
		from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
		to: 'sip:alice@example.com',
		enqueuedAtMs: 1_767_225_600_000.25,
		deadlineMs: 1_767_225_630_000,
		...change,
	} as PushJob
}

/** What every backend promises; each store runs the same list. */
export function queueContract(start: () => Promise<StoreUnderTest>): void {
	let store: StoreUnderTest
	let here: QueueBackend
	let there: QueueBackend

	beforeEach(async () => {
		store = await start()
		;[here, there] = await Promise.all([store.open(), store.open()])
	})

	afterEach(async () => {
		await Promise.all([here.close(), there.close()])
		await store.close()
	})

	describe('text that is no text everywhere', () => {
		// PostgreSQL refuses a job with either, and a parser of JSON may refuse the whole of it.
		const broken = { uri: 'sip:\udcfc@pbx.test', displayName: 'Bob\0' }

		it('is U+FFFD in a job', async () => {
			const seen: PushJob[] = []
			there.consumer('push', async (job) => void seen.push(job))
			await here.producer('push').enqueue(pushJob({ from: broken }))
			await until(() => seen.length === 1)
			expect(seen).toMatchObject([{ from: { uri: 'sip:\ufffd@pbx.test', displayName: 'Bob\ufffd' } }])
		})

		it('is U+FFFD in a signal', async () => {
			const seen: unknown[] = []
			await there.signals.subscribe('registration.changed', async (payload) => void seen.push(payload))
			const status = { accountId: 'account-1', state: 'rejected', reason: 'f\udcfcr Sie\0', atMs: 1 } as const
			await here.signals.publish('registration.changed', status)
			await until(() => seen.length === 1)
			expect(seen).toEqual([{ ...status, reason: 'f\ufffdr Sie\ufffd' }])
		})
	})

	describe('jobs', () => {
		it('reach a consumer in another process unchanged', async () => {
			const seen: PushJob[] = []
			there.consumer('push', async (job) => void seen.push(job))
			const job = pushJob()
			await here.producer('push').enqueue(job)
			await until(() => seen.length === 1)
			expect(seen).toEqual([job])
			expect(here.counters).toMatchObject({ enqueued: 1, enqueueFailed: 0, errors: 0 })
			expect(there.counters).toMatchObject({ processed: 1, failed: 0, errors: 0 })
		})

		it('wait for a consumer that comes later', async () => {
			const job = pushJob()
			await here.producer('push').enqueue(job)
			const seen: string[] = []
			there.consumer('push', async ({ pushId }) => void seen.push(pushId))
			await until(() => seen.length === 1)
			expect(seen).toEqual([job.pushId])
		})

		it('are done once each when several consumers share the work', async () => {
			const seen: string[] = []
			for (const backend of [here, there]) {
				backend.consumer('push', async ({ pushId }) => void seen.push(pushId), { concurrency: 4 })
			}
			const jobs = Array.from({ length: 40 }, () => pushJob())
			await Promise.all(jobs.map((job) => here.producer('push').enqueue(job)))
			await until(() => here.counters.processed + there.counters.processed >= 40)
			expect(seen.sort()).toEqual(jobs.map((job) => job.pushId).sort())
		})

		it('are worked on at once up to the concurrency, and no further', async () => {
			const gate = Promise.withResolvers<void>()
			let running = 0
			let most = 0
			const consume = async () => {
				most = Math.max(most, ++running)
				await gate.promise
				running--
			}
			there.consumer('push', consume, { concurrency: 2 })
			for (let i = 0; i < 5; i++) await here.producer('push').enqueue(pushJob())
			await until(() => running === 2)
			gate.resolve()
			await until(() => there.counters.processed === 5)
			expect(most).toBe(2)
		})

		it('of one identity are taken once', async () => {
			const seen: string[] = []
			const first = pushJob()
			await here.producer('push').enqueue(first, { id: 'account:1/call 1' })
			await there.producer('push').enqueue(pushJob(), { id: 'account:1/call 1' })
			const last = pushJob()
			await here.producer('push').enqueue(last, { id: 'account:1/call 2' })
			there.consumer('push', async ({ pushId }) => void seen.push(pushId))
			await until(() => seen.includes(last.pushId))
			expect(seen).toEqual([first.pushId, last.pushId])
		})

		it('are not run before their delay is over', async () => {
			const done = Promise.withResolvers<number>()
			there.consumer('push', async () => done.resolve(performance.now()))
			const startedAt = performance.now()
			await here.producer('push').enqueue(pushJob(), { delayMs: 100 })
			// Stores keep whole milliseconds.
			expect((await done.promise) - startedAt).toBeGreaterThanOrEqual(98)
		})

		it('are refused by the producer when they do not fit the catalog', async () => {
			const bad = { ...pushJob(), deadlineMs: 'soon' } as unknown as PushJob
			await expect(here.producer('push').enqueue(bad)).rejects.toThrow(InvalidPayloadError)
			expect(here.counters).toMatchObject({ invalid: 1, enqueued: 0, enqueueFailed: 0 })
		})

		it('that do not fit the catalog are dropped by the consumer, and the next one is done', async () => {
			const seen: string[] = []
			await store.injectJob({ intent: 'call' })
			const good = pushJob()
			await here.producer('push').enqueue(good)
			there.consumer('push', async ({ pushId }) => void seen.push(pushId))
			await until(() => seen.length > 0)
			expect(seen).toEqual([good.pushId])
			expect(there.counters).toMatchObject({ invalid: 1, processed: 1, failed: 0 })
		})
	})

	describe('failing jobs', () => {
		it('are run again until they succeed', async () => {
			const runs: JobContext[] = []
			there.consumer('push', async (_job, context) => {
				runs.push(context)
				if (context.attempt === 1) throw new Error('provider is away')
			})
			await here.producer('push').enqueue(pushJob())
			await until(() => there.counters.processed === 1)
			expect(runs.map(({ attempt, isLastAttempt }) => ({ attempt, isLastAttempt }))).toEqual([
				{ attempt: 1, isLastAttempt: false },
				{ attempt: 2, isLastAttempt: false },
			])
			expect(there.counters.failed).toBe(1)
		})

		it('are given up after the attempts of the catalog', async () => {
			const runs: JobContext[] = []
			there.consumer('push', async (_job, context) => {
				runs.push(context)
				throw new Error('provider is away')
			})
			await here.producer('push').enqueue(pushJob())
			await until(() => there.counters.failed === 3)
			expect(runs.map((run) => run.isLastAttempt)).toEqual([false, false, true])
		})

		it('are not run again when the failure is permanent', async () => {
			const seen: string[] = []
			const broken = pushJob()
			there.consumer('push', async ({ pushId }) => {
				seen.push(pushId)
				if (pushId === broken.pushId) throw new PermanentJobError('no such device')
			})
			await here.producer('push').enqueue(broken)
			// Delayed beyond the pause before a second run, so that such a run would be seen first.
			const later = pushJob()
			await here.producer('push').enqueue(later, { delayMs: 400 })
			await until(() => seen.includes(later.pushId))
			expect(seen).toEqual([broken.pushId, later.pushId])
		})
	})

	describe('signals', () => {
		it('reach every subscription of every process, and no other topic', async () => {
			const seen: string[] = []
			await here.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(`here ${deviceId}`))
			await there.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(`there ${deviceId}`))
			await there.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(`there too ${deviceId}`))
			await there.signals.subscribe('device.detached', () => void seen.push('wrong topic'))
			await here.signals.publish('device.changed', { deviceId: 'd-1' })
			await until(() => seen.length === 3)
			expect(seen.sort()).toEqual(['here d-1', 'there d-1', 'there too d-1'])
		})

		it('stop when the subscription ends', async () => {
			const seen: string[] = []
			const unsubscribe = await there.signals.subscribe('device.changed', ({ deviceId }) => void seen.push(deviceId))
			await unsubscribe()
			const arrived = Promise.withResolvers<void>()
			await there.signals.subscribe('device.changed', () => arrived.resolve())
			await here.signals.publish('device.changed', { deviceId: 'd-1' })
			await arrived.promise
			expect(seen).toEqual([])
		})

		it('keep coming when a handler throws', async () => {
			const seen: string[] = []
			await there.signals.subscribe('account.changed', async ({ accountId }) => {
				seen.push(accountId)
				throw new Error('handler is broken')
			})
			await here.signals.publish('account.changed', { accountId: 'a-1' })
			await here.signals.publish('account.changed', { accountId: 'a-2' })
			await until(() => seen.length === 2)
			expect(seen.sort()).toEqual(['a-1', 'a-2'])
		})

		it('that do not fit the catalog are refused on one side and dropped on the other', async () => {
			const seen: string[] = []
			await there.signals.subscribe('account.changed', ({ accountId }) => void seen.push(accountId))
			const bad = { accountId: 7 } as unknown as { accountId: string }
			await expect(here.signals.publish('account.changed', bad)).rejects.toThrow(InvalidPayloadError)
			await store.injectSignal('account.changed', bad)
			await here.signals.publish('account.changed', { accountId: 'a-1' })
			await until(() => seen.length > 0 && there.counters.invalid === 1)
			expect(seen).toEqual(['a-1'])
		})
	})

	describe('closing', () => {
		it('lets running handlers finish and leaves waiting jobs to others', async () => {
			const started = Promise.withResolvers<void>()
			const gate = Promise.withResolvers<void>()
			const seen: string[] = []
			there.consumer('push', async ({ pushId }) => {
				started.resolve()
				await gate.promise
				seen.push(`there ${pushId}`)
			})
			const [first, second] = [pushJob(), pushJob()]
			await here.producer('push').enqueue(first)
			await started.promise
			await here.producer('push').enqueue(second)
			const closed = there.close()
			gate.resolve()
			await closed
			expect(seen).toEqual([`there ${first.pushId}`])
			here.consumer('push', async ({ pushId }) => void seen.push(`here ${pushId}`))
			await until(() => seen.length === 2)
			expect(seen[1]).toBe(`here ${second.pushId}`)
		})

		it('does not wait for a handler beyond the deadline', async () => {
			const started = Promise.withResolvers<void>()
			const gate = Promise.withResolvers<void>()
			there.consumer('push', async () => {
				started.resolve()
				await gate.promise
			})
			await here.producer('push').enqueue(pushJob())
			await started.promise
			await there.close({ deadlineMs: 20 })
			gate.resolve()
		})

		it('shows in the health', async () => {
			expect(await here.health()).toMatchObject({ ok: true })
			await here.close()
			expect(await here.health()).toMatchObject({ ok: false })
		})
	})
}
