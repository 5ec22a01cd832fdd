import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { buildRequest, type HeaderPair, inDialogRequest } from '@vigil/sip'
import { SeededRandom, testSeed, until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'
import type { SipDevice } from './support/sip-device.ts'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

async function connected(): Promise<SipDevice> {
	const device = await fixture.device('tcp')
	await device.connect()
	return device
}

function request(method: string, uri: string, headers: readonly HeaderPair[] = [], to = '<sip:victim@example.com>') {
	return buildRequest({
		method,
		uri,
		headers: [
			['Max-Forwards', '70'],
			['From', '<sip:stranger@example.com>;tag=1'],
			['To', to],
			['Call-ID', randomUUID()],
			['CSeq', `1 ${method}`],
			...headers,
		],
	})
}

async function callUp() {
	const { device, reach } = await fixture.attached('tcp')
	const worker = await fixture.worker()
	const sent = worker.invite(reach)
	const dialog = (await device.invites.next()).accept()
	worker.acknowledge(sent, await sent.final())
	return { device, worker, dialog }
}

describe('a stranger at the public sockets', () => {
	it.each([
		['INVITE', 403],
		['MESSAGE', 405],
		['SUBSCRIBE', 489],
		['OPTIONS', 403],
	])('gets nothing forwarded: %s -> %i', async (method, status) => {
		const device = await connected()
		const response = await device.send(request(method, 'sip:victim@203.0.113.1'), device.flow).final()
		expect(response.status).toBe(status)
		expect(fixture.edge.counters.forwardedToWorker).toBe(0)
	})

	it('gets 481 for a dialog that there is not', async () => {
		const device = await connected()
		const bye = request('BYE', 'sip:worker@127.0.0.1', [], '<sip:victim@example.com>;tag=2')
		expect((await device.send(bye, device.flow).final()).status).toBe(481)
	})

	it('cannot use the way to the internal side that a device was given', async () => {
		const { dialog, worker } = await callUp()
		const stranger = await connected()
		const response = await stranger.send(inDialogRequest(dialog, 'BYE').request, stranger.flow).final()
		expect(response.status).toBe(403)
		expect(worker.requests.items).toEqual([])
	})

	it('cannot use the internal Route to a device', async () => {
		const { reach, device } = await fixture.attached()
		const stranger = await connected()
		const invite = request('INVITE', reach.contact, [['Route', `<${reach.route}>`]])
		expect((await stranger.send(invite, stranger.flow).final()).status).toBe(403)
		expect(device.invites.items).toEqual([])
	})
})

describe('a device in a call', () => {
	it.each([
		['a hop behind ours', (own: readonly string[]) => [...own, '<sip:203.0.113.1;lr>']],
		['a hop before ours', (own: readonly string[]) => ['<sip:203.0.113.1;lr>', ...own]],
		['a hop in place of ours', () => ['<sip:203.0.113.1;lr>']],
		['our own, changed', (own: readonly string[]) => own.map((route) => route.replace('sip:', 'sip:A'))],
	])('chooses no next hop: %s', async (_, routes) => {
		const { device, worker, dialog } = await callUp()
		const forged = { ...dialog, routeSet: routes(dialog.routeSet) }
		const response = await device.send(inDialogRequest(forged, 'INFO').request, device.flow).final()
		expect(response.status).toBe(403)
		expect(worker.requests.items).toEqual([])
	})

	it('reaches its worker, whatever the Request-URI says', async () => {
		const { device, worker, dialog } = await callUp()
		const sideways = { ...dialog, remoteTarget: 'sip:victim@203.0.113.1:5060' }
		expect((await device.send(inDialogRequest(sideways, 'INFO').request, device.flow).final()).status).toBe(200)
		expect((await worker.requests.next()).uri).toBe('sip:victim@203.0.113.1:5060')
	})

	it('has to register before it goes on from another flow', async () => {
		const { device, dialog } = await callUp()
		device.flow.close()
		await device.connect()
		expect((await device.sendIn(dialog, 'INFO', device.flow).final()).status).toBe(403)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		expect((await device.sendIn(dialog, 'INFO', device.flow).final()).status).toBe(200)
	})

	it('is told when its hops are used up', async () => {
		const { device, dialog } = await callUp()
		const { request: info } = inDialogRequest(dialog, 'INFO', { maxForwards: 0 })
		expect((await device.send(info, device.flow).final()).status).toBe(483)
	})

	it('is told when its worker cannot be reached', async () => {
		const { device, worker, dialog } = await callUp()
		await worker.close()
		expect((await device.sendIn(dialog, 'BYE', device.flow).final()).status).toBe(503)
	})
})

describe('the internal side', () => {
	it('takes nothing without a token, and answers pings', async () => {
		const worker = await fixture.worker()
		const statusOf = async (method: string) =>
			(await worker.send(request(method, 'sip:victim@203.0.113.1'), worker.flow).final()).status
		expect(await statusOf('INVITE')).toBe(403)
		expect(await statusOf('REGISTER')).toBe(403)
		expect(await statusOf('OPTIONS')).toBe(200)
	})

	it('takes no token that was changed', async () => {
		const { reach } = await fixture.attached()
		const worker = await fixture.worker()
		const route = `${reach.route}A`
		expect((await worker.invite({ ...reach, route }).final()).status).toBe(403)
	})
})

describe('one source', () => {
	it('gets no more than its share', async () => {
		await fixture.close()
		fixture = await new EdgeFixture().start({ messagesPerSecondPerSource: 1 })
		const device = await connected()
		for (let i = 0; i < 10; i++) device.send(request('OPTIONS', 'sip:edge.example'), device.flow)
		await until(() => fixture.edge.transportCounters.tcp.rateLimited >= 5, { what: 'requests beyond the share' })
	})
})

describe('garbage', () => {
	it('neither stops the edge nor gets through', async () => {
		const random = new SeededRandom(testSeed())
		const udp = createSocket('udp4')
		const { host, port } = fixture.publicAddress('udp')
		const tcp = connect(fixture.publicAddress('tcp').port, host)
		tcp.on('error', () => {})
		await once(tcp, 'connect')
		const ws = new WebSocket(`ws://${host}:${fixture.publicAddress('ws').port}/`, 'sip')
		await once(ws, 'open')
		for (let i = 0; i < 200; i++) {
			const bytes = random.chance(0.5) ? random.bytes(random.integer(1, 400)) : mangled(random)
			udp.send(bytes, port, host)
			if (!tcp.destroyed) tcp.write(bytes)
			if (ws.readyState === WebSocket.OPEN) ws.send(new Uint8Array(bytes))
		}
		const { device, reach } = await fixture.attached('udp')
		const worker = await fixture.worker()
		worker.invite(reach)
		expect((await device.invites.next()).request.method).toBe('INVITE')
		expect(fixture.edge.counters.forwardedToWorker).toBe(0)
		udp.close()
		tcp.destroy()
		ws.close()
	})
})

/** A REGISTER with a few bytes changed. */
function mangled(random: SeededRandom): Uint8Array {
	const bytes = Buffer.from(
		'REGISTER sip:devices.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@devices.example>;tag=1\r\n' +
			'To: <sip:a@devices.example>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@192.0.2.1>\r\nContent-Length: 0\r\n\r\n',
	)
	for (let i = random.integer(1, 6); i > 0; i--) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
	return bytes
}
