import { DEMO_PUSH_APP } from '@vigil/all-in-one'
import type { PushAppView } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

describe('a push provider in trouble', () => {
	let world: TestWorld
	let appId: string

	beforeAll(async () => {
		world = await TestWorld.start()
		const { items } = await world.tenant.client.request<{ items: PushAppView[] }>('GET', '/v1/push-apps')
		appId = items.find(({ name }) => name === DEMO_PUSH_APP)?.id ?? ''
	})

	afterAll(() => world?.close())

	const setEndpoint = (endpoint: string) =>
		world.tenant.client.request('PUT', `/v1/push-apps/${appId}`, { ...world.platform.pushes.pushApp, endpoint })

	/** What the tenant is shown of its push app, and what the operator is shown meanwhile. */
	const shown = async () => {
		const { health } = await world.tenant.client.request<PushAppView>('GET', `/v1/push-apps/${appId}`)
		const { status, body } = await world.platform.readiness()
		return { ...health, status, overall: body.status }
	}

	it('that is silent holds nobody up, shows at the push app, and is well again with its next answer', async () => {
		const [quiet, other] = [await world.sleepingUser(), await world.sleepingUser()]
		const { server } = world.platform.pushes
		server.respondToToken(quiet.phone.token, { kind: 'silence' })
		const testPush = () =>
			world.tenant.client.request('POST', `/v1/devices/${quiet.phone.device.identity.deviceId}/test-push`)
		const asked = () => server.requests.filter(({ token }) => token === quiet.phone.token)
		await testPush()
		const unheard = world.dial(quiet.username)
		await until(() => asked().length >= 2)
		const call = world.dial(other.username)
		await call.answered()
		await call.bye()
		expect((await unheard.final()).status).toBe(480)
		expect(await world.recordOf(unheard, quiet.account.id)).toMatchObject({ outcome: 'missed' })

		const trouble = await until(async () => {
			const now = await shown()
			return now.state === 'failing' && now
		})
		expect(trouble).toMatchObject({
			status: 200,
			overall: 'ready',
			lastFailure: { kind: 'unreachable', reason: 'the endpoint of the push app cannot be reached' },
		})
		// Each of the two may have been delivered: it was asked for once more, as the same notification, and then no more.
		const ids = asked().map(({ headers }) => String(headers['apns-id']))
		expect(new Set(ids).size).toBe(2)
		for (const id of ids) expect(ids.filter((one) => one === id).length).toBeLessThanOrEqual(2)
		server.respondToToken(quiet.phone.token, { kind: 'accept' })
		await testPush()
		await until(async () => (await shown()).state === 'working')
	})

	it('that cannot be reached costs the sleeping phones their calls and nobody else', async () => {
		const [asleep, awake] = [await world.sleepingUser(), await world.sleepingUser()]
		await awake.phone.device.attach()
		await setEndpoint('127.0.0.1:1')
		const missed = world.dial(asleep.username)
		const call = world.dial(awake.username)
		await call.answered()
		await call.bye()
		expect((await missed.final()).status).toBe(480)
		const record = await world.recordOf(missed, asleep.account.id, ['push.refused', 'ended'])
		expect(record).toMatchObject({ outcome: 'missed', finalStatus: 480 })
		expect(await until(async () => (await shown()).state === 'failing' && shown())).toMatchObject({
			status: 200,
			overall: 'ready',
			lastFailure: { kind: 'unreachable' },
		})

		await setEndpoint(world.platform.pushes.server.endpoint)
		const again = world.dial(asleep.username)
		await again.answered()
		await again.bye()
		expect(await until(async () => (await shown()).state === 'working' && shown())).toMatchObject({ overall: 'ready' })
		const tokens = (await world.tenant.client.device(asleep.phone.device.identity.deviceId)).pushTokens
		expect(tokens).toMatchObject([{ retired: false }])
	})

	it('is tried again while the phone may still wake', async () => {
		const { username, account } = await world.sleepingUser()
		world.platform.pushes.server.respondNext({ kind: 'refuse', status: 503, reason: 'ServiceUnavailable' })
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		const record = await world.recordOf(call, account.id, ['push.refused', 'push.accepted'])
		expect(record.timeline.find(({ kind }) => kind === 'push.refused')?.detail).toMatchObject({
			outcome: 'retry',
			status: 503,
		})
	})
})
