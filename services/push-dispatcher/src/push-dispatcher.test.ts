import type { PushJob } from '@vigil/contracts'
import type { CallId, PushOutcome } from '@vigil/domain'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { World } from '../test/world.ts'
import { type PushDispatcher, startPushDispatcher } from './service.ts'

let world: World
let dispatcher: PushDispatcher

beforeEach(async () => {
	world = new World()
	dispatcher = await startPushDispatcher(world.deps)
})

afterEach(async () => {
	const closed = dispatcher.close()
	await world.clock.advance(10_000)
	await closed
	expect(world.clock.pendingTimers).toBe(0)
})

async function run(job = world.job()): Promise<void> {
	await world.handler(job)
	await world.settle()
}

/** The same when the push before it is too old to serve this call too. */
async function runLater(job: PushJob): Promise<void> {
	await world.clock.advance(1000)
	await run(job)
}

function outcomes(): unknown[] {
	return world.signals.filter(({ topic }) => topic === 'push.outcome').map(({ payload }) => payload)
}

describe('a call push', () => {
	it('goes to the best token, with everything the app needs, and is put on record', async () => {
		const token = world.token('k1')
		await run()
		expect(world.sent).toHaveLength(1)
		expect(world.sent[0]?.attempt).toEqual({
			pushId: 'push-1',
			intent: 'call',
			tenantId: 't1',
			deviceId: 'd1',
			token,
			callId: 'call-of-push-1',
			sipCallId: 'sip-call-1',
			accountId: 'a1',
			from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
			to: 'sip:alice@example.com',
			deadlineMs: world.clock.now() + 20_000,
		})
		expect(world.sent[0]?.secret).toBe('secret of app-apns v1')
		const common = { pushId: 'push-1', attempt: 1, tokenKind: 'voip', provider: 'apns', app: 'app-apns' }
		expect(world.events).toEqual([
			{ callId: 'call-of-push-1', deviceId: 'd1', atMs: world.clock.now(), kind: 'push.sent', detail: common },
			{
				callId: 'call-of-push-1',
				deviceId: 'd1',
				atMs: world.clock.now(),
				kind: 'push.accepted',
				detail: { ...common, outcome: 'accepted', status: 200, providerId: 'p1' },
			},
		])
		expect(outcomes()).toEqual([{ callId: 'call-of-push-1', deviceId: 'd1', pushId: 'push-1', outcome: 'accepted' }])
	})

	it('is on its way before anything is written', async () => {
		world.token('k1')
		const written = Promise.withResolvers<void>()
		const append = world.deps.calls.append
		Object.assign(world.deps.calls, { append: () => written.promise })
		await run()
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
		written.resolve()
		Object.assign(world.deps.calls, { append })
	})

	it('never shows the token', async () => {
		world.token('k1')
		await run()
		expect(JSON.stringify([world.events, world.signals])).not.toContain('provider-token')
	})

	it('goes through the next token at once when the first is dead, which is retired', async () => {
		world.token('k1')
		world.token('k2', 'fcm')
		const deadSinceMs = world.clock.now() - 1000
		world.plannedOutcomes.push({ kind: 'dead-token', reason: 'Unregistered', providerStatus: 410, deadSinceMs })
		await run()
		expect(world.sent.map(({ app }) => app.id)).toEqual(['app-apns', 'app-fcm'])
		expect(world.retired).toEqual([{ id: 'k1', reason: 'Unregistered', notAfterMs: deadSinceMs }])
		expect(world.kinds()).toEqual(['push.sent', 'push.refused', 'push.sent', 'push.accepted'])
		expect(world.events[1]?.detail).toMatchObject({ outcome: 'dead-token', status: 410, reason: 'Unregistered' })
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
		expect(world.signals).toContainEqual({ topic: 'device.changed', payload: { deviceId: 'd1' } })
	})

	it('leaves a token alone that was handed in anew after its death', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'dead-token', deadSinceMs: world.clock.now() - 120_000 })
		await run()
		expect(world.retired).toEqual([])
		expect(outcomes()).toMatchObject([{ outcome: 'dead-token' }])
	})

	it('is noted on the token when it is taken for the first time', async () => {
		world.token('k1')
		await run(world.job('1'))
		expect(world.noted).toEqual([{ id: 'k1' }])
		world.tokens = world.tokens.map((token) => ({ ...token, acceptedAtMs: 1 }))
		await runLater(world.job('2'))
		expect(world.noted).toHaveLength(1)
		world.tokens = world.tokens.map((token) => ({ ...token, refusedAtMs: 2, refusedReason: 'BadDeviceToken' }))
		await runLater(world.job('3'))
		expect(world.noted).toHaveLength(2)
	})

	it('is not the end of a token that was taken before and that the provider suddenly does not know: everybody is told', async () => {
		world.token('k1')
		world.tokens = world.tokens.map((token) => ({ ...token, acceptedAtMs: 1 }))
		const unknown = { kind: 'dead-token', reason: 'BadDeviceToken', providerStatus: 400, doubtful: true } as const
		world.plannedOutcomes.push(unknown, unknown)
		await run(world.job('1'))
		expect(world.retired).toEqual([])
		expect(world.noted).toEqual([{ id: 'k1', reason: 'BadDeviceToken' }])
		expect(world.events.at(-1)?.detail).toMatchObject({ outcome: 'misconfigured', reason: 'BadDeviceToken' })
		expect(outcomes()).toMatchObject([{ outcome: 'misconfigured', reason: 'BadDeviceToken' }])
		expect(world.outcomes).toMatchObject([{ failure: 'misconfigured', providerStatus: 400, reason: 'BadDeviceToken' }])
		expect((await world.metrics.expose()).body).toContain('intent="call",outcome="misconfigured"} 1')
		world.tokens = world.tokens.map((token) => ({ ...token, refusedAtMs: 2, refusedReason: 'BadDeviceToken' }))
		await run(world.job('2'))
		// It is news once.
		expect(world.noted).toHaveLength(1)
	})

	it('is the end of a token that no provider has ever known', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'dead-token', reason: 'BadDeviceToken', providerStatus: 400, doubtful: true })
		await run()
		expect(world.retired).toMatchObject([{ id: 'k1', reason: 'BadDeviceToken' }])
	})

	it('is tried again with growing pauses while the deadline is ahead', async () => {
		world.token('k1')
		const startedAt = world.clock.now()
		world.plannedOutcomes.push(
			...Array.from({ length: 20 }, (): PushOutcome => ({ kind: 'retry', reason: 'ECONNREFUSED' })),
		)
		await run(world.job('push-1', { inMs: 2000 }))
		await world.clock.advance(2000)
		expect(world.sent.map(({ atMs }) => atMs - startedAt)).toEqual([0, 250, 750, 1750])
		expect(outcomes()).toMatchObject([{ outcome: 'retry', reason: 'ECONNREFUSED' }])
	})

	it('is tried no more once the call is over', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'retry', reason: 'ECONNREFUSED' })
		await run()
		const over = { ...world.job('push-2', { intent: 'call-cancelled' }), callId: 'call-of-push-1' }
		await run(over)
		await world.clock.advance(20_000)
		expect(world.sent).toHaveLength(1)
		expect(world.kinds()).toEqual(['push.sent', 'push.refused'])
	})

	it('keeps no other job waiting while its provider is slow', async () => {
		world.token('k1')
		world.plannedOutcomes.push(new Promise(() => {}))
		await run(world.job('slow'))
		await runLater(world.job('quick'))
		expect(outcomes()).toMatchObject([{ pushId: 'quick', outcome: 'accepted' }])
	})

	it('is not sent after its deadline, and that is on record', async () => {
		world.token('k1')
		await run(world.job('late', { inMs: 0 }))
		expect(world.sent).toEqual([])
		expect(world.events).toMatchObject([
			{
				kind: 'push.refused',
				detail: { outcome: 'expired', reason: 'the deadline was over before a push could be sent' },
			},
		])
		expect(outcomes()).toMatchObject([{ outcome: 'expired' }])
	})

	it('is refused at once where there is no token or no device', async () => {
		await run(world.job('no-token'))
		await run(world.job('no-device', { deviceId: 'd2' }))
		expect(world.events.map(({ detail }) => detail?.outcome)).toEqual(['no-token', 'no-device'])
		expect(outcomes()).toMatchObject([{ outcome: 'dead-token' }, { outcome: 'rejected' }])
	})

	it('does not reach a device of another tenant', async () => {
		world.token('k1')
		await run({ ...world.job(), tenantId: 't2' })
		expect(world.sent).toEqual([])
		expect(outcomes()).toMatchObject([{ outcome: 'rejected' }])
	})

	it('ends when the device attaches meanwhile', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'retry' })
		await run()
		world.attach()
		await world.clock.advance(20_000)
		expect(world.sent).toHaveLength(1)
		expect(outcomes()).toEqual([])
	})

	it('goes on at late news of an attachment for an earlier call', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'retry' })
		const before = world.clock.now() - 1
		await run()
		world.attach(before)
		await world.clock.advance(20_000)
		expect(world.sent).toHaveLength(2)
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
	})

	it('is made once, though its job comes twice', async () => {
		world.token('k1')
		await run()
		await run()
		expect(world.sent).toHaveLength(1)
	})

	it('survives a database that is away for a moment', async () => {
		world.token('k1')
		world.failures.find = 1
		world.failures.open = 1
		await run()
		await world.clock.advance(250)
		await world.clock.advance(500)
		expect(world.kinds()).toEqual(['push.refused', 'push.sent', 'push.accepted'])
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
	})

	it('survives a sender that breaks its promise', async () => {
		world.token('k1')
		world.plannedOutcomes.push(Promise.reject(new Error('bug')))
		await run()
		await world.clock.advance(250)
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
	})
})

describe('other intents', () => {
	it('tell of a cancelled call where that does not ring, quietly', async () => {
		world.token('k1')
		await run(world.job('c1', { intent: 'call-cancelled' }))
		expect(world.sent).toEqual([])
		expect(world.events).toEqual([])
		world.token('k2', 'fcm')
		await run(world.job('c2', { intent: 'call-cancelled' }))
		expect(world.sent).toMatchObject([{ attempt: { intent: 'call-cancelled', sipCallId: 'sip-call-1' } }])
		expect(world.events[0]?.detail).toMatchObject({ intent: 'call-cancelled' })
		expect(outcomes()).toEqual([])
	})

	it('test a device without leaving a call record', async () => {
		world.token('k1')
		const { pushId, tenantId, deviceId, enqueuedAtMs, deadlineMs } = world.job('t1')
		await run({ intent: 'test', pushId, tenantId, deviceId, enqueuedAtMs, deadlineMs })
		expect(world.sent).toHaveLength(1)
		expect(world.sent[0]?.attempt).not.toHaveProperty('callId')
		expect(world.events).toEqual([])
	})
})

describe('a device that is in memory', () => {
	it('is pushed while the store is away', async () => {
		const token = world.token('k1')
		const known = world.device()
		world.known = () => known
		world.failures.find = Number.POSITIVE_INFINITY
		await run()
		expect(world.sent.map(({ attempt }) => attempt.token)).toEqual([token])
	})

	it('is read from the store when none of its tokens is alive any more', async () => {
		world.token('old')
		const known = world.device()
		world.known = () => known
		world.tokens = []
		const fresh = world.token('new')
		world.plannedOutcomes.push({ kind: 'dead-token', providerStatus: 410, reason: 'Unregistered' })
		await run()
		expect(world.sent.map(({ attempt }) => attempt.token.id)).toEqual(['old', fresh.id])
		expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
	})

	it('has no other token in the store: it is pushed once', async () => {
		world.token('k1')
		world.known = () => world.device()
		world.plannedOutcomes.push({ kind: 'dead-token', providerStatus: 410, reason: 'Unregistered' })
		await run()
		expect(world.sent).toHaveLength(1)
		expect(outcomes()).toMatchObject([{ outcome: 'dead-token' }])
	})
})

describe('a job from the queue', () => {
	it('is left alone when the record says that its push was sent by a process before', async () => {
		world.token('k1')
		const job = world.job()
		const callId = 'call-of-push-1' as CallId
		world.events.push({ callId, atMs: 1, kind: 'push.sent', detail: { pushId: job.pushId } })
		await run(job)
		expect(world.sent).toEqual([])
	})

	it('is run when the record is of another push, or cannot be read', async () => {
		world.token('k1')
		world.events.push({ callId: 'call-of-1' as CallId, atMs: 1, kind: 'push.sent', detail: { pushId: 'other' } })
		await run(world.job('1'))
		world.failures.timeline = 1
		await runLater(world.job('2'))
		expect(world.sent).toHaveLength(2)
	})

	it('that comes after it was run by the direct way is left alone', async () => {
		world.token('k1')
		const job = world.job()
		dispatcher.dispatch(job)
		await world.settle()
		await run(job)
		expect(world.sent).toHaveLength(1)
	})
})

describe('push apps', () => {
	it('are opened once, and a new version is used at once', async () => {
		world.token('k1')
		await run(world.job('1'))
		await runLater(world.job('2'))
		world.apps = world.apps.map((app) => ({ ...app, version: 2 }))
		world.changeApp('app-apns')
		await runLater(world.job('3'))
		expect(world.opens).toEqual(['app-apns', 'app-apns'])
		expect(world.sent.map(({ secret }) => secret.at(-1))).toEqual(['1', '1', '2'])
	})

	it('are in memory while the store is away, also those that were changed', async () => {
		world.token('k1')
		await run(world.job('1'))
		world.failures.open = Number.POSITIVE_INFINITY
		await world.clock.advance(3_600_000)
		await runLater(world.job('2'))
		world.changeApp('app-apns')
		await runLater(world.job('3'))
		expect(world.sent).toHaveLength(3)
	})

	it('whose news was lost are seen by their age', async () => {
		world.token('k1')
		await run(world.job('1'))
		world.apps = world.apps.map((app) => ({ ...app, version: 2 }))
		await world.clock.advance(31_000)
		await runLater(world.job('2'))
		await runLater(world.job('3'))
		expect(world.sent.at(-1)?.secret).toBe('secret of app-apns v2')
	})

	it('that are gone are a matter of set-up', async () => {
		world.token('k1')
		world.apps = []
		await run()
		expect(outcomes()).toMatchObject([{ outcome: 'misconfigured', reason: 'the push app does not exist' }])
		expect(world.kinds()).toEqual(['push.refused'])
	})
})

describe('how pushes through an app fare', () => {
	it('is told at once when it changes, in the provider’s words', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'retry', reason: 'ECONNREFUSED' })
		await run(world.job('1', { inMs: 200 }))
		expect(world.outcomes).toMatchObject([
			{ state: 'failing', failures: 1, failure: 'unreachable', reason: 'ECONNREFUSED' },
		])
		world.plannedOutcomes.push({ kind: 'rejected', reason: 'PayloadTooLarge' })
		await run(world.job('2'))
		expect(world.outcomes.slice(1)).toMatchObject([{ state: 'working' }])
		world.plannedOutcomes.push({ kind: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403 })
		await run(world.job('3'))
		expect(world.outcomes.slice(2)).toMatchObject([
			{ state: 'failing', failure: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403 },
		])
	})

	it('is told from time to time while it goes on, with all failures counted', async () => {
		world.token('k1')
		for (let n = 0; n < 5; n++) {
			world.plannedOutcomes.push({ kind: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403 })
			await run(world.job(`early-${n}`))
		}
		expect(world.outcomes).toHaveLength(1)
		await world.clock.advance(60_000)
		world.plannedOutcomes.push({ kind: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403 })
		await run(world.job('late'))
		expect(world.outcomes).toMatchObject([{ failures: 1 }, { failures: 5 }])
	})
})

describe('metrics', () => {
	it('count requests by outcome', async () => {
		world.token('k1')
		await run()
		const { body } = await world.metrics.expose()
		expect(body).toContain('vigil_push_requests_total{provider="apns",intent="call",outcome="accepted"} 1')
		expect(body).toContain('vigil_push_wakes_total{intent="call",result="accepted"} 1')
		expect(body).toContain('vigil_push_wakes_running 0')
	})
})

describe('closing', () => {
	it('waits for the request under way', async () => {
		world.token('k1')
		const response = Promise.withResolvers<PushOutcome>()
		world.plannedOutcomes.push(response.promise)
		await run()
		let closed = false
		const closing = dispatcher.close().then(() => {
			closed = true
		})
		await world.settle()
		expect(closed).toBe(false)
		response.resolve({ kind: 'accepted' })
		await closing
		expect(world.kinds()).toEqual(['push.sent', 'push.accepted'])
	})

	it('gives up what takes too long', async () => {
		world.token('k1')
		world.plannedOutcomes.push({ kind: 'retry', retryAfterMs: 15_000 })
		await run()
		const closing = dispatcher.close()
		await world.clock.advance(5000)
		await closing
		expect(world.sent).toHaveLength(1)
	})
})

it('takes no more jobs than it may run', async () => {
	await dispatcher.close()
	world = new World()
	dispatcher = await startPushDispatcher(world.deps, { maxWakes: 1 })
	world.token('k1')
	const response = Promise.withResolvers<PushOutcome>()
	world.plannedOutcomes.push(response.promise)
	await run(world.job('1'))
	let taken = false
	const second = world.handler(world.job('2')).then(() => {
		taken = true
	})
	await world.settle()
	expect(taken).toBe(false)
	await world.clock.advance(1000)
	response.resolve({ kind: 'accepted' })
	await second
	await world.settle()
	expect(world.sent).toHaveLength(2)
})

it('runs a job that did not come through the queue', async () => {
	world.token('k1')
	dispatcher.dispatch(world.job())
	await world.settle()
	expect(outcomes()).toMatchObject([{ outcome: 'accepted' }])
})
