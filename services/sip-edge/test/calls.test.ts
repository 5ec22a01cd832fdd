import { DEVICE_STATUS_HEADER } from '@vigil/contracts'
import { headerList, uacDialog } from '@vigil/sip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'
import { routesOf, SDP } from './support/sip-peer.ts'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

/** A call that is up between a worker and a device. */
async function call(transport: 'ws' | 'wss' | 'tcp' | 'tls' | 'udp' = 'ws', workerTransport: 'tcp' | 'udp' = 'tcp') {
	const { device, reach } = await fixture.attached(transport)
	const worker = await fixture.worker(workerTransport)
	const sent = worker.invite(reach)
	const invited = await device.invites.next()
	invited.respond(180)
	await sent.responses.waitFor(({ status }) => status === 180)
	const deviceDialog = invited.accept()
	const workerDialog = worker.acknowledge(sent, await sent.final())
	await device.acks.next()
	return { device, worker, reach, sent, invited, deviceDialog, workerDialog }
}

describe('a call to a device', () => {
	it.each([
		['ws', 'tcp'],
		['wss', 'tcp'],
		['tcp', 'udp'],
		['tls', 'tcp'],
		['udp', 'udp'],
		['udp', 'tcp'],
	] as const)('is put through: device over %s, worker over %s', async (transport, workerTransport) => {
		const { invited, sent, reach, worker, device, deviceDialog, workerDialog } = await call(transport, workerTransport)
		expect(invited.request.uri).toBe(reach.contact)
		expect(Buffer.from(invited.request.body).toString()).toBe(SDP)
		expect(routesOf(invited.request)).toEqual([])
		expect(invited.request.headers.get('Max-Forwards')).toBe('69')
		expect(headerList(invited.request.headers, 'Record-Route')).toHaveLength(2)
		expect(headerList(invited.request.headers, 'Record-Route')[0]).toContain(`;transport=${transport}`)
		expect(Buffer.from((await sent.final()).body).toString()).toBe(SDP)
		expect(headerList((await sent.final()).headers, 'Via')).toHaveLength(1)

		const info = await device.sendIn(deviceDialog, 'INFO', device.flow).final()
		expect(info.status).toBe(200)
		const atWorker = await worker.requests.next()
		expect(atWorker.method).toBe('INFO')
		expect(routesOf(atWorker)).toEqual([])
		expect(`<${atWorker.uri}>`).toBe(worker.contact)

		expect((await worker.sendIn(workerDialog, 'BYE', worker.flow).final()).status).toBe(200)
		expect((await device.requests.next()).method).toBe('BYE')
	})

	it('ends at once when the device is removed from the service while it rings', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		await device.invites.next()
		fixture.devices.passwords.delete(device.deviceId)
		await fixture.signals.publish('device.changed', { deviceId: device.deviceId })
		expect((await sent.final()).status).toBe(404)
	})

	it('ends by the BYE of the device', async () => {
		const { worker, device, deviceDialog } = await call()
		expect((await device.sendIn(deviceDialog, 'BYE', device.flow).final()).status).toBe(200)
		expect((await worker.requests.next()).method).toBe('BYE')
	})

	it('carries a re-INVITE of the device and its ACK', async () => {
		const { worker, device, deviceDialog } = await call()
		const sent = device.sendIn(deviceDialog, 'INVITE', device.flow, SDP)
		const response = await sent.final()
		expect(response.status).toBe(200)
		const dialog = uacDialog(sent.request, response)
		if (!dialog) return expect.unreachable()
		const { request } = sent
		const headers = request.headers.clone()
		headers.removeFirst('Via')
		device.endpoint.sendAck({ ...request, method: 'ACK', headers: headers.set('CSeq', '1 ACK') }, device.flow)
		expect((await worker.acks.next()).method).toBe('ACK')
	})

	it('is cancelled, with the reason', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		invited.respond(180)
		await sent.responses.waitFor(({ status }) => status === 180)
		sent.cancel([['Reason', 'SIP;cause=200;text="Call completed elsewhere"']])
		const cancel = await invited.cancels.next()
		expect(cancel.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"')
		expect((await sent.final()).status).toBe(487)
	})

	it.each([486, 603])('is declined with %i', async (status) => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		invited.respond(status)
		expect((await sent.final()).status).toBe(status)
	})

	it('gets 500 where the device says 503, which would speak of the edge', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		invited.respond(503)
		expect((await sent.final()).status).toBe(500)
	})

	it('tells the worker which refusals are the device’s own, whatever it writes', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const refusedBy = async (status: number) => {
			const sent = worker.invite(reach)
			const invited = await device.invites.next()
			invited.respond(status, '', [[DEVICE_STATUS_HEADER, '200']])
			return (await sent.final()).headers.all(DEVICE_STATUS_HEADER)
		}
		expect([await refusedBy(404), await refusedBy(503), await refusedBy(200)]).toEqual([['404'], ['503'], []])
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		expect((await worker.invite(reach).final()).headers.has(DEVICE_STATUS_HEADER)).toBe(false)
	})

	it('goes to the Contact that the device has now', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const contact = '<sip:renewed@device.invalid;transport=ws>'
		await device.register({ password: PASSWORD, contact })
		worker.invite(reach)
		expect((await device.invites.next()).request.uri).toBe('sip:renewed@device.invalid;transport=ws')
	})

	it('fails with 430 when the device has no flow', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		expect((await worker.invite(reach).final()).status).toBe(430)
	})

	it('keeps what one side says of itself from being taken for what a trusted element says', async () => {
		const { device, worker, deviceDialog } = await call()
		const identity = ['P-Asserted-Identity', '<sip:president@example.com>'] as const
		const { request } = device.sendIn(deviceDialog, 'INFO', device.flow)
		const headers = request.headers.clone().append(...identity)
		headers.removeFirst('Via')
		await device.send({ ...request, headers }, device.flow).final()
		await worker.requests.next()
		const seen = await worker.requests.next()
		expect(seen.headers.has('P-Asserted-Identity')).toBe(false)
	})
})

describe.each(['udp', 'tcp'] as const)('a device that unregisters in a call, over %s', (transport) => {
	it('hangs up, and is heard and spoken to until then; no new call reaches it', async () => {
		const { device, worker, reach, workerDialog, deviceDialog } = await call(transport)
		expect((await device.register({ password: PASSWORD, expires: 0 })).status).toBe(200)
		await fixture.untilDetached(device.deviceId)
		expect((await worker.sendIn(workerDialog, 'INFO', worker.flow).final()).status).toBe(200)
		expect((await device.requests.next()).method).toBe('INFO')
		expect((await worker.invite(reach).final()).status).toBe(430)
		expect((await device.sendIn(deviceDialog, 'BYE', device.flow).final()).status).toBe(200)
		expect((await worker.requests.next()).method).toBe('BYE')
	})

	it('is found where it is when it attaches again elsewhere', async () => {
		const { device, worker, workerDialog, deviceDialog } = await call(transport)
		await device.register({ password: PASSWORD, expires: 0 })
		const left = device.flow
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await device.sendIn(deviceDialog, 'INFO', left).final()).status).toBe(403)
		expect((await worker.sendIn(workerDialog, 'INFO', worker.flow).final()).status).toBe(200)
		expect((await device.requests.next()).method).toBe('INFO')
	})
})

describe('a device that changes its network', () => {
	it('in a call gets the BYE on its new flow, and sends its own from there', async () => {
		const { device, worker, workerDialog, deviceDialog } = await call()
		device.flow.close()
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await device.sendIn(deviceDialog, 'INFO', device.flow).final()).status).toBe(200)
		expect((await worker.sendIn(workerDialog, 'BYE', worker.flow).final()).status).toBe(200)
		expect((await device.requests.next()).method).toBe('BYE')
	})

	it('is waited for a little with what belongs to a dialog', async () => {
		const { device, worker, workerDialog } = await call()
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		const bye = worker.sendIn(workerDialog, 'BYE', worker.flow)
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await bye.final()).status).toBe(200)
	})

	it('while it rings is called once, and answers through its new flow', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		invited.respond(180)
		await sent.responses.waitFor(({ status }) => status === 180)
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		invited.accept()
		const response = await sent.final()
		expect(response.status).toBe(200)
		worker.acknowledge(sent, response)
		await device.acks.next()
		expect(device.invites.items).toHaveLength(1)
		expect(fixture.edge.counters.resumed).toBe(1)
	})

	it('and was started anew meanwhile gets the INVITE for the first time', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		await device.invites.next()
		await device.close()
		const restarted = await fixture.device('ws', device.deviceId)
		expect((await restarted.register({ password: PASSWORD })).status).toBe(200)
		const invited = await restarted.invites.next()
		invited.accept()
		expect((await sent.final()).status).toBe(200)
	})

	it('is told to stop ringing when the caller gave up meanwhile', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		invited.respond(180)
		await sent.responses.waitFor(({ status }) => status === 180)
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		sent.cancel([['Reason', 'SIP;cause=487']])
		expect((await sent.final()).status).toBe(487)
		await device.connect()
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await invited.cancels.next()).headers.get('Reason')).toBe('SIP;cause=487')
	})
})

describe('a device that stays away', () => {
	it('fails what was for it with 430 when the wait is over', async () => {
		await fixture.close()
		fixture = await new EdgeFixture().start({ reattachWaitMs: 0 })
		const { device, worker, workerDialog } = await call()
		device.flow.close()
		await fixture.untilDetached(device.deviceId)
		expect((await worker.sendIn(workerDialog, 'BYE', worker.flow).final()).status).toBe(430)
		expect(fixture.edge.counters.flowFailed).toBe(1)
	})
})
