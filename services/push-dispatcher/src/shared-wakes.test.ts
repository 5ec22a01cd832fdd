import type { PushJob } from '@vigil/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { World } from '../test/world.ts'
import { DEFAULT_PUSH_DISPATCHER_CONFIG } from './deps.ts'
import { type PushDispatcher, startPushDispatcher } from './service.ts'

let world: World
let dispatcher: PushDispatcher

beforeEach(async () => {
	world = new World()
	dispatcher = await startPushDispatcher(world.deps)
	world.token('k1')
})

afterEach(async () => {
	const closed = dispatcher.close()
	await world.clock.advance(10_000)
	await closed
	expect(world.clock.pendingTimers).toBe(0)
})

async function run(...jobs: readonly PushJob[]): Promise<void> {
	for (const job of jobs) await world.handler(job)
	await world.settle()
}

function sent(): string[] {
	return world.sent.map(({ attempt }) => attempt.pushId)
}

function recordOf(pushId: string) {
	return world.events
		.filter(({ callId }) => callId === `call-of-${pushId}`)
		.map(({ kind, detail }) => [kind, detail?.wokenBy ?? detail?.outcome])
}

const cancelPush = (pushId: string): PushJob =>
	({ ...world.job(`off-${pushId}`, { intent: 'call-cancelled' }), callId: `call-of-${pushId}` }) as PushJob

/** Calls of other numbers that use up what a device may be pushed for without sharing; each one is come for. */
async function crowd(): Promise<void> {
	for (let index = 0; index < 5; index++) {
		await run(world.job(`before-${index}`))
		world.attach()
		await world.clock.advance(1)
		world.detach()
		await world.settle()
	}
	world.sent.length = 0
}

describe('a few calls for one device', () => {
	it('get a push each', async () => {
		await run(world.job('1'), world.job('2'), world.job('3'))
		expect(sent()).toEqual(['1', '2', '3'])
	})

	it('get a push each as well when it comes, answers and sleeps again and again', async () => {
		await crowd()
		await crowd()
		await run(world.job('1'))
		expect(sent()).toEqual(['1'])
	})
})

describe('calls for one device that was pushed often just now', () => {
	beforeEach(() => crowd())

	it('need one push until it comes, and the record of each call says so', async () => {
		await run(world.job('1'), world.job('2'))
		await world.clock.advance(500)
		await run(world.job('3'))
		expect(sent()).toEqual(['1'])
		expect(recordOf('2')).toEqual([['push.shared', '1']])
		expect(recordOf('3')).toEqual([['push.shared', '1']])
		await world.clock.advance(500)
		await run(world.job('4'))
		expect(sent()).toEqual(['1', '4'])
	})

	it('get one each when the device was there in between', async () => {
		await run(world.job('1'))
		world.attach()
		await world.clock.advance(1)
		await run(world.job('2'))
		expect(sent()).toEqual(['1', '2'])
	})

	it('get one each when the device, awake at the first, went to sleep in between, also when that is heard late', async () => {
		await run(world.job('1'))
		world.detach()
		await run(world.job('2'), world.job('3'))
		expect(sent()).toEqual(['1', '2'])
		world.detach()
		await world.settle()
		expect(sent()).toEqual(['1', '2', '3'])
	})

	it('get another one when the first was refused', async () => {
		world.plannedOutcomes.push({ kind: 'rejected', reason: 'PayloadTooLarge' })
		await run(world.job('1'), world.job('2'))
		expect(sent()).toEqual(['1', '2'])
		expect(recordOf('2').map(([kind]) => kind)).toEqual(['push.shared', 'push.sent', 'push.accepted'])
	})

	it('get another one when the app hears that the call it was woken for is over', async () => {
		await run(world.job('1'), world.job('2'), world.job('3'))
		await run(cancelPush('1'))
		expect(sent()).toEqual(['1', '2'])
	})

	it('get another one when the call ended before a provider had answered', async () => {
		const { promise, resolve } = Promise.withResolvers<{ kind: 'accepted' }>()
		world.plannedOutcomes.push(promise)
		await run(world.job('1'), world.job('2'))
		await run(cancelPush('1'))
		resolve({ kind: 'accepted' })
		await world.settle()
		expect(sent()).toEqual(['1', '2'])
	})

	it('get none for a call that is over', async () => {
		await run(world.job('1'), world.job('2'))
		await run(cancelPush('2'), cancelPush('1'))
		expect(sent()).toEqual(['1'])
	})
})

describe('a flood of calls', () => {
	it('pushes one device once a second, after a few', async () => {
		for (let index = 0; index < 100; index++) {
			await run(world.job(`${index}`))
			await world.clock.advance(100)
		}
		expect(sent().length).toBeLessThanOrEqual(15)
		expect(recordOf('99').map(([kind]) => kind)).toEqual(['push.shared'])
	})

	it('pushes no more for one tenant than it may, and says so', async () => {
		const rates = { ...DEFAULT_PUSH_DISPATCHER_CONFIG.rates, tenantPushesPerSecond: 1 }
		await dispatcher.close()
		world = new World()
		world.token('k1')
		dispatcher = await startPushDispatcher(world.deps, { rates })
		await run(...['d1', 'd2', 'd3', 'd4'].map((deviceId) => world.job(deviceId, { deviceId })))
		expect(recordOf('d4')).toEqual([['push.refused', 'over-budget']])
		expect(world.signals).toContainEqual({
			topic: 'push.outcome',
			payload: expect.objectContaining({ pushId: 'd4', outcome: 'rejected' }),
		})
	})
})
