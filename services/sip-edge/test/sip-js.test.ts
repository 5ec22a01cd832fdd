import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'
import { established, SipJsDevice, terminated } from './support/sip-js-device.ts'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

async function sipJsDevice(password = PASSWORD): Promise<{ device: SipJsDevice; deviceId: string }> {
	const deviceId = randomUUID()
	fixture.devices.passwords.set(deviceId, PASSWORD)
	const device = new SipJsDevice(deviceId, password, fixture.publicAddress('ws').port)
	fixture.onClose(() => device.close())
	await device.start()
	return { device, deviceId }
}

async function ringing() {
	const { device, deviceId } = await sipJsDevice()
	await device.register()
	const worker = await fixture.worker()
	const sent = worker.invite(await fixture.reachOf(deviceId))
	const invitation = await device.invitations.next()
	await sent.responses.waitFor(({ status }) => status === 180)
	return { device, deviceId, worker, sent, invitation }
}

describe('sip.js at the edge', () => {
	it('registers by MD5, and again', async () => {
		const { device } = await sipJsDevice()
		await device.register()
		await device.register()
		expect(device.isRegistered).toBe(true)
		expect(fixture.edge.attachedDevices).toBe(1)
	})

	it('is refused with a wrong password', async () => {
		const { device } = await sipJsDevice('wrong')
		await expect(device.register()).rejects.toThrow('401')
	})

	it('takes a call and hangs up', async () => {
		const { worker, sent, invitation } = await ringing()
		await invitation.accept()
		worker.acknowledge(sent, await sent.final())
		await established(invitation)
		await invitation.bye()
		expect((await worker.requests.next()).method).toBe('BYE')
		await terminated(invitation)
	})

	it('takes a call and is hung up on', async () => {
		const { worker, sent, invitation } = await ringing()
		await invitation.accept()
		const dialog = worker.acknowledge(sent, await sent.final())
		await established(invitation)
		expect((await worker.sendIn(dialog, 'BYE', worker.flow).final()).status).toBe(200)
		await terminated(invitation)
	})

	it('is cancelled', async () => {
		const { sent, invitation } = await ringing()
		sent.cancel()
		await terminated(invitation)
		expect((await sent.final()).status).toBe(487)
	})

	it('declines', async () => {
		const { sent, invitation } = await ringing()
		await invitation.reject({ statusCode: 486 })
		expect((await sent.final()).status).toBe(486)
	})

	it('answers on a new connection what came on the old one, and is called once', async () => {
		const { device, worker, sent, invitation } = await ringing()
		await device.reconnect()
		await device.register()
		await invitation.accept()
		const dialog = worker.acknowledge(sent, await sent.final())
		await established(invitation)
		expect(device.invitations.items).toHaveLength(1)
		expect((await worker.sendIn(dialog, 'BYE', worker.flow).final()).status).toBe(200)
		await terminated(invitation)
	})

	it('is reached by the BYE after it has changed its connection in the call', async () => {
		const { device, worker, sent, invitation } = await ringing()
		await invitation.accept()
		const dialog = worker.acknowledge(sent, await sent.final())
		await established(invitation)
		await device.reconnect()
		await device.register()
		expect((await worker.sendIn(dialog, 'BYE', worker.flow).final()).status).toBe(200)
		await terminated(invitation)
	})

	it('is followed to another connection though the old one is still open', async () => {
		const { deviceId, worker, sent, device } = await ringing()
		const disconnected = new Promise<void>((resolve) => {
			device.userAgent.transport.onDisconnect = () => resolve()
		})
		const restarted = await fixture.device('ws', deviceId)
		expect((await restarted.register({ password: PASSWORD })).status).toBe(200)
		const invited = await restarted.invites.next()
		invited.accept()
		worker.acknowledge(sent, await sent.final())
		await restarted.acks.next()
		await disconnected
	})
})
