import { createSocket } from 'node:dgram'
import { Egress } from '@vigil/runtime'
import { buildResponse, type SipRequest } from '@vigil/sip'
import { until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { Flow } from '../src/index.ts'
import { request, wireRequest } from './messages.ts'
import { CONNECTIONS, Peers, TRANSPORTS } from './sockets.ts'

const LISTED = '127.0.0.0/8,::1'
const peers = new Peers()
const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0)) close()
	await peers.close()
})

const codeOf = (attempt: Promise<unknown>) =>
	attempt.then(
		() => 'done',
		(error: { code?: string }) => error.code,
	)

describe('an address that the policy refuses', () => {
	it.each(TRANSPORTS)('is not connected to by %s, and its listener hears nothing', async (transport) => {
		const far = peers.add()
		const { port } = await peers.listen(far, transport)
		const near = peers.add({ egress: new Egress('internet') })
		expect(await codeOf(peers.connect(near, transport, port))).toBe('not-allowed')
		expect(near.manager.counters[transport]).toMatchObject({ connectFailures: 1, openFlows: 0, bytesOut: 0 })
		expect(far.opened).toEqual([])
		// The same where it is listed.
		const listed = peers.add({ egress: new Egress(LISTED) })
		const flow = await peers.connect(listed, transport, port)
		listed.manager.send(wireReady(), flow)
		expect(await far.next()).toMatchObject({ method: 'OPTIONS' })
	})

	it.each(TRANSPORTS)('is found behind a name by %s', async (transport) => {
		const far = peers.add()
		const { port } = await peers.listen(far, transport)
		const near = peers.add({ egress: new Egress('internet') })
		expect(await codeOf(peers.connect(near, transport, port, { host: 'localhost' }))).toBe('not-allowed')
		expect(far.opened).toEqual([])
	})

	it.each(CONNECTIONS)(
		'is not taken for another: by %s the connection goes where the answer of DNS said',
		async (transport) => {
			const far = peers.add()
			const certificate = await peers.certificate(['localhost'])
			const secure = transport === 'tls' || transport === 'wss'
			const { port } = await peers.listen(far, transport, secure ? { tls: certificate } : {})
			const near = peers.add({ egress: new Egress('127.0.0.0/8') })
			const flow = await peers.connect(near, transport, port, { host: 'localhost' })
			expect(flow.remote).toEqual({ host: '127.0.0.1', port })
		},
	)
})

describe('a response', () => {
	it('opens no connection to a port of ours that its Via names', async () => {
		const egress = new Egress(LISTED)
		const store = await peers.silentServer()
		egress.ownStore({ host: '127.0.0.1', port: store })
		const { far, flow, received } = await afterClose(store, { egress })
		const failures: string[] = []
		far.manager.reply(buildResponse(received, 200), flow, (error) => failures.push(error.code))
		await until(() => failures.length > 0)
		expect(failures).toEqual(['refused'])
		expect(egress.refusals()).toMatchObject([{ namedBy: 'caller', reason: 'own-store' }])
	})

	it('waits for a connection that was opened for it to show that it speaks SIP', async () => {
		const silent = await peers.silentServer()
		const asked: Flow[] = []
		const prove = async (flow: Flow) => {
			asked.push(flow)
			throw Object.assign(new Error('no answer'), { code: 'not-sip' })
		}
		const { far, flow, received } = await afterClose(silent, { egress: new Egress(LISTED), prove })
		const failures: string[] = []
		far.manager.reply(buildResponse(received, 200), flow, (error) => failures.push(error.message))
		await until(() => failures.length > 0)
		expect(asked).toMatchObject([{ remote: { port: silent } }])
		expect(asked[0]).toMatchObject({ transport: 'tcp', direction: 'outbound' })
		expect(far.manager.counters.tcp.messagesOut).toBe(0)
	})

	it('goes back by UDP to where its request came from, and to no port of ours that its Via names', async () => {
		const egress = new Egress('internet')
		const far = peers.add({ egress })
		const { port } = await peers.listen(far, 'udp')
		const socket = createSocket('udp4')
		const other = createSocket('udp4')
		closing.push(
			() => socket.close(),
			() => other.close(),
		)
		const heard: string[] = []
		socket.on('message', (bytes) => heard.push(bytes.toString()))
		other.on('message', (bytes) => heard.push(`other ${bytes}`))
		for (const one of [socket, other]) await new Promise<void>((resolve) => one.bind(0, '127.0.0.1', resolve))
		const failures: string[] = []
		for (const rport of ['', ';rport']) {
			const via = `SIP/2.0/UDP 127.0.0.1:${other.address().port};branch=z9hG4bKx${rport}`
			socket.send(wireRequest('OPTIONS', '', { via }), port, '127.0.0.1')
			const received = (await far.next()) as SipRequest
			far.manager.reply(buildResponse(received, 200), far.flows.at(-1) as Flow, (error) => failures.push(error.code))
		}
		await until(() => heard.length > 0)
		expect(failures).toEqual(['not-allowed'])
		expect(heard).toHaveLength(1)
		expect(heard[0]).toMatch(/^SIP\/2\.0 200/)
	})
})

function wireReady(): SipRequest {
	return request('OPTIONS', { headers: [['Via', 'SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKready;rport']] })
}

/** A request by TCP whose connection is closed, and whose Via names that port. */
async function afterClose(viaPort: number, options: object) {
	const far = peers.add(options)
	const { port } = await peers.listen(far, 'tcp')
	const raw = await peers.raw(port)
	raw.socket.end(wireRequest('MESSAGE', '', { via: `SIP/2.0/TCP 127.0.0.1:${viaPort};branch=z9hG4bKx` }))
	const received = (await far.next()) as SipRequest
	await until(() => far.closed.length === 1)
	return { far, flow: far.flows[0] as Flow, received }
}
