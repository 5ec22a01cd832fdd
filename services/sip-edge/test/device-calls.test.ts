import { randomUUID } from 'node:crypto'
import {
	answerChallenge,
	buildAckFor2xx,
	buildRequest,
	challengesOf,
	type HeaderPair,
	headerList,
	type SipRequest,
	type SipResponse,
	uacDialog,
} from '@vigil/sip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'
import type { ScriptedWorker } from './support/scripted-worker.ts'
import type { SipDevice } from './support/sip-device.ts'
import { routesOf, SDP } from './support/sip-peer.ts'

const DIALLED = 'sip:+4930123456@pbx.example'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

function dial(device: SipDevice, headers: readonly HeaderPair[] = []): SipRequest {
	return buildRequest({
		method: 'INVITE',
		uri: DIALLED,
		headers: [
			['Max-Forwards', '70'],
			['From', `<sip:alice@pbx.example>;tag=${randomUUID()}`],
			['To', `<${DIALLED}>`],
			['Call-ID', randomUUID()],
			['CSeq', '1 INVITE'],
			['Contact', device.contact],
			['Content-Type', 'application/sdp'],
			...headers,
		],
		body: SDP,
	})
}

async function ready(transport: 'ws' | 'tls' | 'tcp' | 'udp'): Promise<{ device: SipDevice; worker: ScriptedWorker }> {
	const worker = await fixture.worker()
	fixture.callWorker = /@([^;>]+)/.exec(worker.contact)?.[1]
	const { device } = await fixture.attached(transport)
	return { device, worker }
}

function proof(device: SipDevice, challenged: SipResponse, password = PASSWORD): HeaderPair {
	const challenge = challengesOf(challenged).find(({ algorithm }) => algorithm === 'SHA-256')
	if (!challenge) throw new Error('no challenge')
	const secret = { password }
	const parts = { challenge, username: device.deviceId, secret, method: 'INVITE', uri: DIALLED }
	return ['Proxy-Authorization', answerChallenge({ ...parts, cnonce: 'c', nc: 1 })]
}

describe('a call that a device makes', () => {
	it.each(['ws', 'tls', 'tcp'] as const)(
		'goes to the worker with the device’s identity, and both ways in the dialog: %s',
		async (transport) => {
			const { device, worker } = await ready(transport)
			const invite = dial(device, [['P-Asserted-Identity', '<sip:somebody@else.example>']])
			const sent = device.send(invite, device.flow)
			const invited = await worker.invites.next()
			const { request } = invited
			expect(request.uri).toBe(DIALLED)
			expect(request.headers.all('P-Asserted-Identity')).toEqual([`<sip:${device.deviceId}@devices.example>`])
			expect(routesOf(request)).toEqual([])
			const recorded = headerList(request.headers, 'Record-Route')
			expect(recorded).toHaveLength(2)
			expect(recorded[1]).toContain(`;transport=${transport}`)

			invited.respond(180)
			await sent.responses.waitFor(({ status }) => status === 180)
			const workersDialog = invited.accept()
			const response = await sent.final()
			expect(Buffer.from(response.body).toString()).toBe(SDP)
			const dialog = uacDialog(sent.request, response)
			if (!dialog) return expect.unreachable()
			device.endpoint.sendAck(buildAckFor2xx(dialog, invite), device.flow)
			await worker.acks.next()

			for (const method of ['INFO', 'UPDATE', 'REFER']) {
				expect((await device.sendIn(dialog, method, device.flow).final()).status).toBe(200)
				expect(await worker.requests.next()).toMatchObject({ method })
			}
			expect((await worker.sendIn(workersDialog, 'BYE', worker.flow).final()).status).toBe(200)
			const bye = await device.requests.next()
			expect(bye.method).toBe('BYE')
			expect(`<${bye.uri}>`).toBe(device.contact)
		},
	)

	it('is cancelled', async () => {
		const { device, worker } = await ready('tcp')
		const sent = device.send(dial(device), device.flow)
		const invited = await worker.invites.next()
		invited.respond(180)
		await sent.responses.waitFor(({ status }) => status === 180)
		sent.cancel()
		await invited.cancels.next()
		expect((await sent.final()).status).toBe(487)
	})

	it('is refused before it has registered by that connection', async () => {
		const { worker, device } = await ready('tcp')
		await device.connect()
		const response = await device.send(dial(device), device.flow).final()
		expect([response.status, response.reason]).toEqual([403, 'Register First'])
		expect(worker.invites.items).toEqual([])
	})

	it('gets 503 while there is no worker', async () => {
		const { device } = await fixture.attached('tcp')
		const response = await device.send(dial(device), device.flow).final()
		expect(response.status).toBe(503)
		expect(response.headers.has('Retry-After')).toBe(true)
	})
})

describe('a call over UDP, where anybody may write the source', () => {
	it('needs the device’s password, and each proof serves once', async () => {
		const { device, worker } = await ready('udp')
		const challenged = await device.send(dial(device), device.flow).final()
		expect(challenged.status).toBe(407)
		expect(worker.invites.items).toEqual([])
		const proven = proof(device, challenged)
		const sent = device.send(dial(device, [proven]), device.flow)
		;(await worker.invites.next()).respond(486)
		expect((await sent.final()).status).toBe(486)
		expect((await device.send(dial(device, [proven]), device.flow).final()).status).toBe(407)
	})

	it('counts wrong passwords', async () => {
		const { device, worker } = await ready('udp')
		let response = await device.send(dial(device), device.flow).final()
		for (let tries = 0; response.status === 407 && tries < 10; tries++) {
			response = await device.send(dial(device, [proof(device, response, 'wrong')]), device.flow).final()
		}
		expect(response.status).toBe(403)
		expect(worker.invites.items).toEqual([])
	})
})
