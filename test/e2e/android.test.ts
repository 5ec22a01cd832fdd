import { randomBytes } from 'node:crypto'
import { PHONE_SDP } from '@vigil/all-in-one'
import { type IncomingCall, VigilDevice } from '@vigil/device-sdk'
import { type FcmServer, startFcmServer, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, TestWorld } from '../world/test-world.ts'

const APP = 'android-phone'

describe('an Android phone', () => {
	let world: TestWorld
	let fcm: FcmServer

	beforeAll(async () => {
		world = await TestWorld.start()
		fcm = await startFcmServer({ accessToken: 'ya29.of-the-test' })
		await world.tenant.client.request('POST', '/v1/push-apps', {
			name: APP,
			provider: 'fcm',
			projectId: 'vigil-test',
			accessToken: 'ya29.of-the-test',
			endpoint: fcm.endpoint,
			endpointCa: fcm.ca,
		})
	})

	afterAll(async () => {
		await world?.close()
		await fcm?.close()
	})

	async function androidUser(accountId?: string) {
		const account = accountId === undefined ? await world.addAccount() : undefined
		const { code } = await world.tenant.client.createEnrolment(accountId ?? account?.id ?? '')
		const token = randomBytes(24).toString('base64url')
		const device = await VigilDevice.enrol({
			apiUrl: world.platform.addresses.api,
			enrolmentCode: code,
			platform: 'android',
			pushTokens: [{ app: APP, kind: 'fcm', token }],
		})
		await device.handoff('background')
		const calls: IncomingCall[] = []
		device.on('incomingCall', (call) => calls.push(call))
		const pushes = () =>
			fcm.accepted.filter((request) => request.token === token).map(({ message }) => message?.android)
		return { username: account?.username ?? '', accountId: account?.id ?? '', device, token, calls, pushes }
	}

	it('is woken through FCM', async () => {
		const { username, accountId, device, calls, pushes } = await androidUser()
		const call = world.dial(username)
		const [message] = await until(() => pushes().length === 1 && pushes())
		expect(message).toMatchObject({ priority: 'high' })
		expect(device.receivePush(message)).toMatchObject({ event: 'call', sipCallId: call.callId, accountId })
		await device.attach()
		await calls[0]?.accept(PHONE_SDP)
		await call.answered()
		await call.bye()
		await until(() => calls[0]?.end === 'hung-up')
		const record = await world.recordOf(call, accountId, ['push.accepted', 'ended'])
		expect(record.timeline.find(({ kind }) => kind === 'push.accepted')?.detail).toMatchObject({ provider: 'fcm' })
		await device.detach()
	})

	it('is told by a push that the caller gave up before it had attached', async () => {
		const { username, accountId, device, calls, pushes } = await androidUser()
		const call = world.dial(username)
		device.receivePush(await until(() => pushes()[0]))
		expect(calls[0]?.state).toBe('announced')
		await call.cancel()
		await call.final()
		device.receivePush(await until(() => pushes()[1]))
		expect(calls[0]?.end).toBe('cancelled')
		const record = await world.recordOf(call, accountId)
		expect(kindsOf(record)).not.toContain('device.attached')
	})

	it('is told by a push that another device has answered', async () => {
		const { account, phone, username } = await world.sleepingUser({ user: 'ignore' })
		const { device, calls, pushes } = await androidUser(account.id)
		const call = world.dial(username)
		device.receivePush(await until(() => pushes()[0]))
		await until(() => phone.calls[0]?.state === 'ringing')
		await phone.calls[0]?.accept(PHONE_SDP)
		await call.answered()
		device.receivePush(await until(() => pushes()[1]))
		expect(calls[0]?.end).toBe('answered-elsewhere')
		await call.bye()
		// An iOS phone is never told so by a VoIP push, for it would have to show a call.
		expect(phone.pushes).toHaveLength(1)
	})

	it('whose token FCM does not know any more loses it', async () => {
		const { username, device, token } = await androidUser()
		fcm.respondToToken(token, { kind: 'refuse', code: 'UNREGISTERED' })
		expect((await world.dial(username).final()).status).toBe(480)
		const { pushTokens } = await until(async () => {
			const shown = await world.tenant.client.device(device.identity.deviceId)
			return shown.pushTokens[0]?.retired && shown
		})
		expect(pushTokens).toMatchObject([
			{ kind: 'fcm', retired: true, retiredReason: expect.stringMatching(/^UNREGISTERED/) },
		])
	})
})
