import { buildResponse, type SipRequest, serializeMessage, topVia } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { Flow } from '../src/index.ts'
import { request } from './messages.ts'
import { CONNECTIONS, Peers, TRANSPORTS } from './sockets.ts'

const peers = new Peers()
afterEach(() => peers.close())

/** A request with a Via, as it leaves an endpoint. */
function sent(flow: Flow, change: Parameters<typeof request>[1] = {}, sentBy = '192.0.2.77'): SipRequest {
	const message = request('MESSAGE', change)
	const via = `SIP/2.0/${flow.transport.toUpperCase()} ${sentBy};rport;branch=z9hG4bKt1`
	message.headers.prepend('Via', via)
	return message
}

describe.each(TRANSPORTS)('%s', (transport) => {
	async function pair(limits = {}) {
		const client = peers.add()
		const server = peers.add({ limits })
		const listener = await peers.listen(server, transport)
		const flow = await peers.connect(client, transport, listener.port)
		return { client, server, listener, flow }
	}

	it('carries a request one way and its response back', async () => {
		const { client, server, flow } = await pair()
		client.manager.send(sent(flow, { body: 'héllo' }), flow)
		const received = (await server.next()) as SipRequest
		expect(Buffer.from(received.body).toString()).toBe('héllo')
		const via = topVia(received)
		expect(via?.params.get('received')).toBe('127.0.0.1')
		expect(via?.params.get('rport')).toBe(String(server.flows[0]?.remote.port))
		server.manager.reply(buildResponse(received, 200), server.flows[0] as Flow)
		expect(await client.next()).toMatchObject({ kind: 'response', status: 200 })
		expect(client.flows[0]?.id).toBe(flow.id)
	})

	it('tells what a flow is', async () => {
		const { client, server, listener, flow } = await pair()
		client.manager.send(sent(flow), flow)
		await server.next()
		const secure = transport === 'tls' || transport === 'wss'
		const common = { transport, secure, reliable: transport !== 'udp', closed: false }
		expect(flow).toMatchObject({ ...common, direction: 'outbound', remote: { host: '127.0.0.1', port: listener.port } })
		expect(flow.local).toEqual(server.flows[0]?.remote)
		expect(server.flows[0]).toMatchObject({
			...common,
			direction: 'inbound',
			local: { host: '127.0.0.1', port: listener.port },
		})
	})

	it('carries large messages, many at a time, whole and in order', async () => {
		const { client, server, flow } = await pair()
		const size = transport === 'udp' ? 5000 : 60_000
		for (let i = 0; i < 20; i++) client.manager.send(sent(flow, { callId: `call-${i}`, body: 'x'.repeat(size) }), flow)
		await until(() => server.messages.length === 20, { what: () => `20 messages, not ${server.messages.length}` })
		expect(server.messages.map((message) => message.headers.get('Call-ID'))).toEqual(
			Array.from({ length: 20 }, (_, i) => `call-${i}`),
		)
		expect(server.messages.every((message) => message.body.length === size)).toBe(true)
	})

	it('answers a malformed request and goes on', async () => {
		const { client, server, flow } = await pair()
		const text = Buffer.from(serializeMessage(sent(flow)))
			.toString()
			.replace('CSeq: 1 MESSAGE', 'CSeq: 1 INVITE')
		flow.send(Buffer.from(text))
		expect(await client.next()).toMatchObject({ kind: 'response', status: 400 })
		client.manager.send(sent(flow), flow)
		await server.next()
		expect(server.malformed.map((error) => error.code)).toEqual(['bad-value'])
		expect(server.manager.counters[transport]).toMatchObject({ malformed: 1, malformedRejected: 1, messagesIn: 1 })
	})

	it('survives garbage', async () => {
		const { client, server, listener, flow } = await pair()
		const garbage = [
			'\0\x01\x02\x03 not SIP at all',
			'GET / HTTP/1.1\r\n\r\n',
			'SIP/2.0 xyz\r\n\r\n',
			'\xff'.repeat(300),
		]
		for (const text of garbage) {
			const bad = await peers.connect(client, transport, listener.port, { reuse: false })
			bad.send(Buffer.from(text, 'latin1'))
		}
		await until(() => server.manager.counters[transport].malformed >= 4)
		expect(server.manager.counters[transport].malformedRejected).toBe(0)
		client.manager.send(sent(flow), flow)
		await server.next()
	})

	it('tells of a send on a closed flow', async () => {
		const { client, flow } = await pair()
		flow.close()
		const failures: string[] = []
		client.manager.send(sent(flow), flow, (error) => failures.push(error.code))
		expect(failures).toEqual([])
		await until(() => failures.length > 0)
		expect(failures).toEqual(['flow-closed'])
		expect(flow.closed).toBe(true)
	})

	it('tells a flow’s listeners of its end, late ones too', async () => {
		const { server, listener, client, flow } = await pair()
		client.manager.send(sent(flow), flow)
		await server.next()
		const accepted = server.flows[0] as Flow
		const reasons: string[] = []
		accepted.onClose((reason) => reasons.push(reason))
		accepted.onClose(() => reasons.push('never'))()
		await listener.close()
		await until(() => reasons.length > 0)
		accepted.onClose((reason) => reasons.push(`late ${reason}`))
		await until(() => reasons.length > 1)
		expect(reasons).toEqual(['listener-closed', 'late listener-closed'])
	})

	it('rejects a port in use and an address that is not ours', async () => {
		const server = peers.add()
		const { port } = await peers.listen(server, transport)
		await expect(peers.listen(server, transport, { port })).rejects.toMatchObject({ code: 'address-in-use' })
		await expect(peers.listen(server, transport, { host: '192.0.2.1' })).rejects.toMatchObject({
			code: 'address-not-available',
		})
	})

	it('works over IPv6', async () => {
		const client = peers.add()
		const server = peers.add()
		const listener = await peers.listen(server, transport, { host: '::1' })
		const flow = await peers.connect(client, transport, listener.port, { host: '::1' })
		client.manager.send(sent(flow, {}, '[2001:db8::1]'), flow)
		const received = (await server.next()) as SipRequest
		expect(topVia(received)?.params.get('received')).toBe('::1')
		server.manager.reply(buildResponse(received, 200), server.flows[0] as Flow)
		expect(await client.next()).toMatchObject({ status: 200 })
	})

	it('refuses work after it was closed', async () => {
		const { client, listener } = await pair()
		await client.manager.close()
		await expect(peers.connect(client, transport, listener.port)).rejects.toMatchObject({ code: 'manager-closed' })
		await expect(peers.listen(client, transport)).rejects.toMatchObject({ code: 'manager-closed' })
	})
})

describe.each(CONNECTIONS)('%s connections', (transport) => {
	it('are shared by those who connect to the same place', async () => {
		const client = peers.add()
		const server = peers.add()
		const { port } = await peers.listen(server, transport)
		const [first, second] = await Promise.all([
			peers.connect(client, transport, port),
			peers.connect(client, transport, port),
		])
		expect(second).toBe(first)
		expect(await peers.connect(client, transport, port)).toBe(first)
		expect(await peers.connect(client, transport, port, { reuse: false })).not.toBe(first)
		first.close()
		expect(await peers.connect(client, transport, port)).not.toBe(first)
	})

	it('are noticed on both sides when they open and when the other side ends them', async () => {
		const client = peers.add()
		const server = peers.add()
		const { port } = await peers.listen(server, transport)
		const flow = await peers.connect(client, transport, port)
		await until(() => server.opened.length === 1)
		flow.close()
		await until(() => server.closed.length === 1)
		expect(client.closed).toEqual(['local'])
		expect(server.closed).toEqual(['remote'])
		expect(server.manager.counters[transport]).toMatchObject({ flowsOpened: 1, flowsClosed: 1, openFlows: 0 })
	})

	it('cannot be opened where nobody listens', async () => {
		const client = peers.add()
		const server = peers.add()
		const listener = await peers.listen(server, transport)
		await listener.close()
		await expect(peers.connect(client, transport, listener.port)).rejects.toMatchObject({
			code: 'refused',
			retryable: true,
		})
		await expect(peers.connect(client, transport, 99_999)).rejects.toMatchObject({ name: 'TransportError' })
		expect(client.manager.counters[transport].connectFailures).toBe(2)
	})

	it('are bounded for each source', async () => {
		const client = peers.add()
		const server = peers.add({ limits: { maxConnectionsPerSource: 2 } })
		const { port } = await peers.listen(server, transport)
		const open = () => peers.connect(client, transport, port, { reuse: false })
		const [first] = [await open(), await open()]
		const third = open().then((flow) => new Promise((resolve) => flow.onClose(resolve)))
		await Promise.allSettled([third])
		expect(server.manager.counters[transport].connectionsRefused).toBe(1)
		first?.close()
		await until(async () => {
			const again = await open().catch(() => undefined)
			if (again) client.manager.send(sent(again), again)
			return server.messages.length > 0
		})
	})

	it('end when the peer does not read', async () => {
		const client = peers.add({ limits: { maxQueuedBytesOutbound: 200_000 } })
		const server = peers.add()
		const { port } = await peers.listen(server, transport)
		const flow = await peers.connect(client, transport, port)
		const failures: string[] = []
		for (let i = 0; i < 2000 && !flow.closed; i++) {
			client.manager.send(sent(flow, { body: 'x'.repeat(50_000) }), flow, (error) => failures.push(error.code))
		}
		await until(() => failures.includes('congested'))
		expect(client.closed).toEqual(['congested'])
		expect(client.manager.counters[transport].congestedClosed).toBe(1)
	})
})

it.each(['tls', 'ws', 'wss'] as const)(
	'%s set-up is given up when the server does not answer in time',
	async (transport) => {
		const clock = new VirtualClock()
		const client = peers.add({ clock })
		const port = await peers.silentServer()
		const attempt = peers.connect(client, transport, port, { timeoutMs: 5000 })
		const outcome = expect(attempt).rejects.toMatchObject({ code: 'timeout' })
		await until(() => clock.pendingTimers === 1)
		await clock.advance(5000)
		await outcome
	},
)
