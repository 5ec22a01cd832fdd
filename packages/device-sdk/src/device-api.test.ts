import type { HandoffResponse } from '@vigil/contracts'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { API_URL, callPush, collectCalls, emptyHandoff, fakeApi, identityAt } from '../test/devices.ts'
import { ApiError, type DeviceIdentity, UnexpectedResponseError, VigilDevice } from './index.ts'

const identity = identityAt('ws://edge.test/sip')
const clock = new VirtualClock()

function deviceWith(answers: Parameters<typeof fakeApi>[0]) {
	const api = fakeApi(answers)
	const device = new VigilDevice({ apiUrl: API_URL, identity, fetch: api.fetch, timers: clock })
	return { device, calls: collectCalls(device), requests: api.requests }
}

describe('enrolment', () => {
	const options = { apiUrl: API_URL, enrolmentCode: 'code-1', platform: 'ios' as const }

	it('makes a device and saves its identity', async () => {
		const api = fakeApi({ 'POST /v1/devices': { status: 201, body: identity } })
		const saved: DeviceIdentity[] = []
		const storage = { load: async () => saved[0], save: async (it: DeviceIdentity) => void saved.push(it) }
		const pushTokens = [{ app: 'phone', kind: 'voip' as const, token: 'ab12' }]
		const device = await VigilDevice.enrol({ ...options, pushTokens, storage, fetch: api.fetch })
		expect(device.identity).toEqual(identity)
		expect(saved).toEqual([identity])
		expect(api.requests[0]?.body).toEqual({ enrolmentCode: 'code-1', platform: 'ios', pushTokens })
		expect(api.requests[0]?.headers.authorization).toBeUndefined()
	})

	it('is refused with the problem that the service states', async () => {
		const problem = { type: '/problems/enrolment-code', title: 'Unknown enrolment code', status: 401 }
		const { fetch } = fakeApi({ 'POST /v1/devices': { status: 401, body: problem } })
		await expect(VigilDevice.enrol({ ...options, fetch })).rejects.toBeInstanceOf(ApiError)
	})

	it('notices an answer that is no identity', async () => {
		const { fetch } = fakeApi({ 'POST /v1/devices': { status: 201, body: { deviceId: 1 } } })
		await expect(VigilDevice.enrol({ ...options, fetch })).rejects.toBeInstanceOf(UnexpectedResponseError)
	})
})

describe('a handoff', () => {
	it('states what the app does and says whether it has settled', async () => {
		const { device, requests } = deviceWith({
			'POST /v1/devices/me/handoff': { status: 202, body: emptyHandoff },
		})
		expect(await device.handoff('background', { unregistered: true })).toEqual({ ...emptyHandoff, settled: false })
		expect(requests[0]?.body).toEqual({ state: 'background', unregistered: true, sequence: expect.any(Number) })
		expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer device-token' })
	})

	it('announces the calls that wait for the device, once', async () => {
		const waiting = { callId: 'api-1', accountId: 'a1', sipCallId: '1', from: { uri: 'sip:bob@example.com' } }
		const body: HandoffResponse = { ...emptyHandoff, pendingCalls: [waiting] }
		const { device, calls } = deviceWith({ 'POST /v1/devices/me/handoff': { status: 200, body } })
		await device.handoff('foreground', { leaseSeconds: 60 })
		device.receivePush(callPush('1', clock.now() + 20_000))
		expect(calls).toHaveLength(1)
		expect(calls[0]).toMatchObject({ sipCallId: '1', state: 'announced', to: 'sip:alice@example.com' })
	})
})

describe('a device', () => {
	it('declines a call that is not here yet through the control API', async () => {
		const { device, calls, requests } = deviceWith({
			'POST /v1/calls/api-1/decline': { status: 200, body: { callId: 'api-1' } },
		})
		device.receivePush(callPush('1', clock.now() + 20_000))
		await calls[0]?.decline()
		expect(requests.map(({ what }) => what)).toEqual(['POST /v1/calls/api-1/decline'])
		expect(calls[0]?.end).toBe('declined')
	})

	it('declines again when its push has overtaken the call, and gives up after some seconds', async () => {
		const decline = 'POST /v1/calls/api-1/decline'
		const problem = (status: number) => ({ status, body: { type: '/problems/x', title: 'Not now', status } })
		const answers = { [decline]: problem(404) }
		const { device, calls, requests } = deviceWith(answers)
		device.receivePush(callPush('1', clock.now() + 20_000))
		const declined = calls[0]?.decline()
		expect(calls[0]?.end).toBe('declined')
		await clock.advance(200)
		answers[decline] = { status: 202, body: { callId: 'api-1' } } as never
		await clock.advance(400)
		await declined
		expect(requests).toHaveLength(3)

		device.receivePush(callPush('2', clock.now() + 20_000))
		const refused = expect(calls[1]?.decline()).rejects.toMatchObject({ status: 404 })
		await clock.advance(10_000)
		await refused
		expect(requests).toHaveLength(8)
	})

	it('takes a call that is over for declined', async () => {
		const problem = { type: '/problems/conflict', title: 'Over', status: 409 }
		const { device, calls, requests } = deviceWith({ 'POST /v1/calls/api-1/decline': { status: 409, body: problem } })
		device.receivePush(callPush('1', clock.now() + 20_000))
		await calls[0]?.decline()
		expect(requests).toHaveLength(1)
	})

	it('ends a call that a push cancels', () => {
		const { device, calls } = deviceWith({})
		device.receivePush(callPush('1', clock.now() + 20_000))
		expect(device.receivePush(callPush('1', clock.now(), 'call-cancelled'))?.event).toBe('call-cancelled')
		expect(calls[0]?.end).toBe('cancelled')
		expect(device.call('1')).toBe(calls[0])
	})

	it('knows which pushes are not its own', () => {
		const { device, calls } = deviceWith({})
		expect(device.receivePush({ aps: { alert: 'news' } })).toBeUndefined()
		expect(calls).toEqual([])
	})

	it('replaces its push tokens', async () => {
		const body = {
			id: 'd1',
			platform: 'ios',
			instanceId: identity.instanceId,
			activity: 'background',
			activitySince: '2026-01-01T00:00:00.000Z',
			registeredUpstream: false,
			pushTokens: [],
			lines: identity.lines,
			createdAt: '2026-01-01T00:00:00.000Z',
		}
		const { device, requests } = deviceWith({ 'PATCH /v1/devices/me': { status: 200, body } })
		const pushTokens = [{ app: 'phone', kind: 'fcm' as const, token: 'xyz' }]
		expect(await device.updatePushTokens(pushTokens)).toMatchObject({ id: 'd1' })
		expect(requests[0]?.body).toEqual({ pushTokens })
	})

	it('can be removed', async () => {
		const { device, requests } = deviceWith({ 'DELETE /v1/devices/me': { status: 204 } })
		await device.remove()
		expect(requests.map(({ what }) => what)).toEqual(['DELETE /v1/devices/me'])
	})

	it('needs a WebSocket of the edge', () => {
		const sip = { ...identity.sip, urls: { tcp: 'sip:edge.test:5060;transport=tcp' } }
		const options = { apiUrl: API_URL, identity: { ...identity, sip } }
		expect(() => new VigilDevice(options)).toThrow('the edge offers no WebSocket to this device')
	})
})
