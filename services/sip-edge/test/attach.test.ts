import { challengesOf, type SipResponse } from '@vigil/sip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

const askedFor = (challenged: SipResponse) => challengesOf(challenged).map(({ algorithm }) => algorithm)

describe('a device that registers', () => {
	it.each([
		['ws', 'MD5'],
		['wss', 'SHA-256'],
		['tcp', 'SHA-256'],
		['tls', 'MD5'],
		['udp', 'SHA-256'],
	] as const)('attaches over %s with %s', async (transport, hash) => {
		const device = await fixture.device(transport)
		const response = await device.register({ password: PASSWORD, hash })
		expect(response.status).toBe(200)
		expect(response.headers.get('Contact')).toBe(`${device.contact};expires=300`)
		const { deviceId } = device
		const { bindingId, route, contact } = await fixture.untilStored(deviceId)
		expect(contact).toBe(device.contact.slice(1, -1))
		expect(fixture.signals.published.items).toMatchObject([
			{ topic: 'device.attached', payload: { deviceId, bindingId, route, contact } },
		])
		const internal = fixture.edge.addresses.internal[0]
		expect(route).toMatch(new RegExp(`^sip:127\\.0\\.0\\.1:${internal?.port};transport=tcp;lr;flow=[\\w-]+$`))
	})

	it('is refused with a wrong password: 401 until the tries are used up, then 403', async () => {
		const device = await fixture.device()
		const statuses: number[] = []
		for (let i = 0; i < 6; i++) statuses.push((await device.register({ password: 'wrong' })).status)
		expect(statuses).toEqual([401, 401, 401, 401, 403, 403])
		expect(fixture.signals.published.items).toEqual([])
		expect(fixture.edge.counters.passwordsWrong).toBe(6)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
	})

	it('is refused when nobody knows it, in the same words', async () => {
		const known = await fixture.device('tcp')
		const unknown = await fixture.device('tcp')
		fixture.devices.passwords.delete(unknown.deviceId)
		const responses = [await known.register({ password: 'wrong' }), await unknown.register({ password: PASSWORD })]
		const [a, b] = responses.map(({ status, reason, headers }) => ({
			status,
			reason,
			names: [...headers].map(({ name }) => name),
		}))
		expect(a).toEqual(b)
		expect(a?.status).toBe(401)
	})

	it('is asked for MD5 alone when it did not answer the usual challenge, and that is stored when it answers', async () => {
		const device = await fixture.device('udp')
		expect(askedFor(await device.register())).toEqual(['SHA-256', 'MD5'])
		const challenged = await device.register()
		expect(askedFor(challenged)).toEqual(['MD5'])
		const headers = [['Authorization', device.credentials(challenged, PASSWORD, 'MD5')]] as const
		expect((await device.register({ headers })).status).toBe(200)
		expect(fixture.devices.digests.get(device.deviceId)).toEqual({ answeredOffer: 'md5' })
	})

	it('is asked at once for what it was found to answer before', async () => {
		const device = await fixture.device('udp')
		fixture.devices.digests.set(device.deviceId, { answeredOffer: 'md5' })
		expect(askedFor(await device.register())).toEqual(['MD5'])
		expect((await device.register({ password: PASSWORD, hash: 'MD5' })).status).toBe(200)
	})

	it('is asked for what its push app says, and not heard by anything else', async () => {
		const device = await fixture.device('tcp')
		fixture.devices.digests.set(device.deviceId, { digestAlgorithms: ['SHA-256'] })
		const challenged = await device.register()
		expect(askedFor(challenged)).toEqual(['SHA-256'])
		const [header] = challenged.headers.all('WWW-Authenticate')
		challenged.headers.set('WWW-Authenticate', header?.replace('SHA-256', 'MD5') ?? '')
		const headers = [['Authorization', device.credentials(challenged, PASSWORD, 'MD5')]] as const
		expect((await device.register({ headers })).status).toBe(401)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
	})

	it('was heard of: the contact is noted once, however often it comes back', async () => {
		const { device } = await fixture.attached('tcp')
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		const stranger = await fixture.device('tcp')
		await stranger.register({ password: 'wrong' })
		expect(fixture.presence.contacts).toEqual([device.deviceId])
	})

	it('refreshes without a word to anybody', async () => {
		const { device } = await fixture.attached()
		await fixture.untilStored(device.deviceId)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect(fixture.signals.published.items).toHaveLength(1)
		expect(fixture.bindings.saves).toBe(1)
		expect(fixture.devices.lookUps).toBe(1)
	})

	it('is gone as soon as its flow is', async () => {
		const { device } = await fixture.attached()
		await fixture.untilStored(device.deviceId)
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		expect(fixture.edge.attachedDevices).toBe(0)
		expect(fixture.bindings.rows.size).toBe(0)
	})

	it('is gone when it says so', async () => {
		const { device } = await fixture.attached('udp')
		const response = await device.register({ password: PASSWORD, expires: 0 })
		expect(response.status).toBe(200)
		expect(response.headers.has('Contact')).toBe(false)
		await fixture.untilDetached(device.deviceId)
	})

	it('stays the same device through another flow', async () => {
		const { device } = await fixture.attached()
		const before = await fixture.untilStored(device.deviceId)
		const old = device.flow
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		old.close()
		expect(fixture.edge.attachedDevices).toBe(1)
		expect(fixture.signals.published.items.map(({ topic }) => topic)).toEqual(['device.attached', 'device.attached'])
		const { bindingId } = await fixture.untilStored(device.deviceId)
		expect(bindingId).not.toBe(before.bindingId)
	})

	it('uses outbound when it can', async () => {
		const device = await fixture.device('tcp')
		const contact = '<sip:me@device.invalid>;+sip.instance="<urn:uuid:1>";reg-id=1'
		const headers = [['Supported', 'path, outbound']] as const
		const response = await device.register({ password: PASSWORD, contact, headers })
		expect(response.headers.get('Require')).toBe('outbound')
		expect(response.headers.get('Flow-Timer')).toBe('120')
	})

	it('is told to ask for longer', async () => {
		const device = await fixture.device()
		const response = await device.register({ password: PASSWORD, expires: 10 })
		expect(response.status).toBe(423)
		expect(response.headers.get('Min-Expires')).toBe('60')
	})

	it('is asked to come again when the database does not answer', async () => {
		const device = await fixture.device()
		fixture.devices.broken = true
		const response = await device.register({ password: PASSWORD })
		expect(response.status).toBe(503)
		expect(response.headers.has('Retry-After')).toBe(true)
		fixture.devices.broken = false
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
	})

	it('has its answer and its signal before the database has the row', async () => {
		const { promise, resolve } = Promise.withResolvers<void>()
		fixture.bindings.gate = promise
		const { device } = await fixture.attached()
		expect(fixture.bindings.rows.size).toBe(0)
		resolve()
		await fixture.untilStored(device.deviceId)
	})

	it('is attached though neither signals nor database work', async () => {
		fixture.signals.broken = true
		fixture.bindings.failures = 1
		const device = await fixture.device()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect(fixture.edge.attachedDevices).toBe(1)
		expect(fixture.edge.counters).toMatchObject({ signalFailures: 1, storeFailures: 1 })
	})
})

describe('a device that was changed', () => {
	it('needs its new password', async () => {
		const { device } = await fixture.attached()
		fixture.devices.passwords.set(device.deviceId, 'another')
		await fixture.signals.publish('device.changed', { deviceId: device.deviceId })
		expect((await device.register({ password: PASSWORD })).status).toBe(401)
		expect((await device.register({ password: 'another' })).status).toBe(200)
		expect(fixture.edge.attachedDevices).toBe(1)
	})

	it('is let go when it was deleted', async () => {
		const { device } = await fixture.attached()
		const closed = new Promise((resolve) => device.flow.onClose(resolve))
		fixture.devices.passwords.delete(device.deviceId)
		await fixture.signals.publish('device.changed', { deviceId: device.deviceId })
		await closed
		await fixture.untilDetached(device.deviceId)
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(401)
	})
})
