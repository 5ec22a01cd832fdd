import { randomBytes } from 'node:crypto'
import { DEMO_PUSH_APP, type SleepingPhone } from '@vigil/all-in-one'
import type { DeviceView, TestPushResponse } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, TestWorld } from '../world/test-world.ts'

const UNREGISTERED = { kind: 'refuse', status: 410, reason: 'Unregistered' } as const

describe('a push token', () => {
	let world: TestWorld

	beforeAll(async () => {
		// Nothing here may be owed to the deadline of a wake.
		world = await TestWorld.start({ VIGIL_WAKE_SECONDS: '120' })
	})

	afterAll(() => world?.close())

	const deviceOf = ({ device }: SleepingPhone): Promise<DeviceView> =>
		world.tenant.client.device(device.identity.deviceId)

	const testPush = ({ device }: SleepingPhone): Promise<TestPushResponse> =>
		world.tenant.client.request('POST', `/v1/devices/${device.identity.deviceId}/test-push`)

	it.each([
		['410 Unregistered', UNREGISTERED, 'Unregistered'],
		['400 BadDeviceToken', { kind: 'refuse', status: 400, reason: 'BadDeviceToken' } as const, 'BadDeviceToken'],
	])(
		'that the provider refuses with %s is retired; the call ends, the account is let go',
		async (_, refusal, reason) => {
			const { username, account, phone } = await world.sleepingUser()
			world.platform.pushes.server.respondToToken(phone.token, refusal)
			const call = world.dial(username)
			expect((await call.final()).status).toBe(480)
			const record = await world.recordOf(call, account.id, ['push.refused', 'ended'])
			expect(record.timeline.find(({ kind }) => kind === 'push.refused')?.detail).toMatchObject({
				outcome: 'dead-token',
				reason,
			})
			expect(kindsOf(record)).not.toContain('wake.timeout')
			const shown = await until(async () => {
				const { pushTokens } = await deviceOf(phone)
				return pushTokens[0]?.retired && pushTokens[0]
			})
			expect(shown).toMatchObject({ retired: true, retiredReason: reason })
			await until(() => world.registrar.bindings(username).length === 0)
			const handoff = await phone.device.handoff('background')
			expect(handoff.lines).toMatchObject([
				{ holder: 'none', registration: { reason: 'no device of the account has a live push token' } },
			])
		},
	)

	it('that takes the place of a retired one has the account held again', async () => {
		const { username, phone } = await world.sleepingUser()
		world.platform.pushes.server.respondToToken(phone.token, UNREGISTERED)
		expect((await world.dial(username).final()).status).toBe(480)
		await until(() => world.registrar.bindings(username).length === 0)
		const fresh = world.platform.pushes.newToken((payload) => {
			phone.device.receivePush(payload)
			phone.device.attach().catch(() => {})
		})
		await phone.device.updatePushTokens([{ app: DEMO_PUSH_APP, kind: 'voip', token: fresh }])
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
		const call = world.dial(username)
		await call.answered()
		await call.bye()
	})

	it('that is dead does not end the call of a phone that is attached', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'decline' })
		// Woken by a first call, so that everybody knows of the attachment: a push is needless while it is news.
		await world.dial(username).final()
		phone.user = 'ignore'
		world.platform.pushes.server.respondToToken(phone.token, UNREGISTERED)
		const call = world.dial(username)
		await call.heard(180)
		await until(async () => (await deviceOf(phone)).pushTokens[0]?.retired)
		expect(phone.calls[1]?.state).toBe('ringing')
		await phone.calls[1]?.accept('v=0\r\n')
		await call.answered()
		await call.bye()
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	it('that is dead leaves another device of the account ringing', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const other = await world.addPhone(account.id)
		await other.device.handoff('background')
		world.platform.pushes.server.respondToToken(phone.token, UNREGISTERED)
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		expect(other.calls).toHaveLength(1)
		expect(world.registrar.bindings(username)).toHaveLength(1)
	})

	it('is tried on request, through the queue', async () => {
		const { phone } = await world.sleepingUser()
		const { tokens } = await testPush(phone)
		expect(tokens).toMatchObject([{ kind: 'voip' }])
		await until(() => phone.pushes.length === 1)
		expect(phone.device.receivePush(phone.pushes[0])).toMatchObject({ event: 'test' })
		expect(phone.calls).toEqual([])
	})

	it('that a test push shows to be dead is retired too, and there is nothing left to test', async () => {
		const { phone } = await world.sleepingUser()
		world.platform.pushes.server.respondToToken(phone.token, UNREGISTERED)
		await testPush(phone)
		await until(async () => (await deviceOf(phone)).pushTokens[0]?.retired)
		await expect(testPush(phone)).rejects.toMatchObject({ status: 409 })
	})

	it('that a new install hands in wakes the new one; the account of the old install is let go, and calls for it end', async () => {
		const old = await world.sleepingUser()
		const account = await world.addAccount()
		const { code } = await world.tenant.client.createEnrolment(account.id)
		const { token } = old.phone
		await world.tenant.client.request('POST', '/v1/devices', {
			enrolmentCode: code,
			platform: 'ios',
			pushTokens: [{ app: DEMO_PUSH_APP, kind: 'voip', token }],
		})
		expect(await deviceOf(old.phone)).toMatchObject({
			pushTokens: [{ retired: true, retiredReason: 'handed in by another install' }],
		})
		await until(() => world.registrar.bindings(old.username).length === 0)
		expect((await world.dial(old.username).final()).status).toBe(480)
		expect(world.platform.pushes.server.requests.filter((request) => request.token === token)).toEqual([])
		// Only the old install says so: the phone is its own again.
		await old.phone.device.updatePushTokens([{ app: DEMO_PUSH_APP, kind: 'voip', token }])
		expect((await old.phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
		const call = world.dial(old.username)
		await call.answered()
		await call.bye()
	})

	it('that was taken before and is suddenly unknown is kept, and its tenant is told', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const first = world.dial(username)
		await first.answered()
		await first.bye()
		await world.recordOf(first, account.id)
		await phone.device.detach()
		world.platform.pushes.server.respondToToken(phone.token, { kind: 'refuse', status: 400, reason: 'BadDeviceToken' })
		const refused = world.dial(username)
		expect((await refused.final()).status).toBe(480)
		const { timeline } = await world.recordOf(refused, account.id, ['push.refused', 'ended'])
		const { detail } = timeline.find(({ kind }) => kind === 'push.refused') ?? {}
		expect(detail).toMatchObject({ outcome: 'misconfigured', reason: 'BadDeviceToken' })
		const shown = await until(async () => (await deviceOf(phone)).pushTokens.find(({ refusedReason }) => refusedReason))
		expect(shown).toMatchObject({ retired: false, refusedReason: 'BadDeviceToken' })
		expect(world.registrar.bindings(username)).toHaveLength(1)
		world.platform.pushes.server.respondToToken(phone.token, { kind: 'accept' })
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		await until(async () => (await deviceOf(phone)).pushTokens[0]?.refusedReason === undefined)
	})

	it('must belong to a push app of the tenant', async () => {
		const { phone } = await world.sleepingUser()
		const stranger = { app: 'no-such-app', kind: 'voip' as const, token: randomBytes(32).toString('hex') }
		await expect(phone.device.updatePushTokens([stranger])).rejects.toMatchObject({ status: 422 })
	})
})
