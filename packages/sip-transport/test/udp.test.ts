import { createSocket, type Socket } from 'node:dgram'
import { buildResponse, type SipRequest } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Flow } from '../src/index.ts'
import { wireRequest } from './messages.ts'
import { Peers } from './sockets.ts'

const peers = new Peers()
const sockets: Socket[] = []

afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.close()
	await peers.close()
})

/** A bare UDP socket; what it receives is kept as text. */
async function raw(host = '127.0.0.1') {
	const socket = createSocket(host === '::1' ? 'udp6' : 'udp4')
	sockets.push(socket)
	const received: string[] = []
	socket.on('message', (data) => received.push(data.toString('latin1')))
	await new Promise<void>((resolve) => socket.bind(0, host, resolve))
	return { socket, received, port: socket.address().port }
}

async function server(options = {}, host = '127.0.0.1') {
	const peer = peers.add(options)
	const listener = await peer.manager.listen({ transport: 'udp', host, port: 0 })
	return { peer, listener, port: listener.port, counters: peer.manager.counters.udp }
}

describe('UDP replies (RFC 3261 18.2.2, RFC 3581)', () => {
	async function replyTo(viaPort: number, rport: string) {
		const { peer, port } = await server()
		const source = await raw()
		const listening = await raw()
		const sentBy = viaPort === 0 ? listening.port : viaPort
		source.socket.send(
			wireRequest('OPTIONS', '', { via: `SIP/2.0/UDP 10.1.1.1:${sentBy};branch=z9hG4bKu${rport}` }),
			port,
			'127.0.0.1',
		)
		const received = (await peer.next()) as SipRequest
		peer.manager.reply(buildResponse(received, 200), peer.flows[0] as Flow)
		await until(() => source.received.length + listening.received.length === 1)
		return { source: source.received.length, listening: listening.received.length }
	}

	it('go to the source port when rport was asked for', async () => {
		expect(await replyTo(0, ';rport')).toEqual({ source: 1, listening: 0 })
	})

	it('go to the port of the Via when it was not', async () => {
		expect(await replyTo(0, '')).toEqual({ source: 0, listening: 1 })
	})

	it('to malformed requests go the same way', async () => {
		const { port } = await server()
		const source = await raw()
		const text = wireRequest('OPTIONS', '', { via: 'SIP/2.0/UDP 10.1.1.1:1;rport;branch=z9hG4bKx' })
		source.socket.send(text.replace('CSeq: 1', 'CSeq: one'), port, '127.0.0.1')
		await until(() => source.received.length === 1)
		expect(source.received[0]).toContain('SIP/2.0 400 ')
		expect(source.received[0]).toContain(`rport=${source.port}`)
	})

	it('are never sent to malformed responses', async () => {
		const { port, counters } = await server()
		const source = await raw()
		source.socket.send('SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nCSeq: 1 x\r\n\r\n', port, '127.0.0.1')
		await until(() => counters.malformed === 1)
		expect(counters.malformedRejected).toBe(0)
	})
})

describe('a UDP socket', () => {
	it('ignores keep-alives: CRLFs, NULs and nothing', async () => {
		const { peer, port, counters } = await server()
		const source = await raw()
		for (const text of ['\r\n\r\n', '\r\n', '\0\0\0\0', '']) source.socket.send(text, port, '127.0.0.1')
		await until(() => counters.pingsIn === 4)
		source.socket.send(`\r\n\r\n${wireRequest('OPTIONS', '127.0.0.1')}`, port, '127.0.0.1')
		await peer.next()
		expect([counters.malformed, source.received]).toEqual([0, []])
	})

	it('answers STUN binding requests (RFC 5626 3.5.2)', async () => {
		const { port, counters } = await server()
		const source = await raw()
		source.socket.send(Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex'), port, '127.0.0.1')
		await until(() => source.received.length === 1)
		const response = Buffer.from(source.received[0] ?? '', 'latin1')
		expect(response.readUInt16BE(26) ^ 0x2112).toBe(source.port)
		expect(counters).toMatchObject({ pingsIn: 1, pongsOut: 1, malformed: 0 })
	})

	it('answers STUN of a source that it does not know with no more than twice as much', async () => {
		const shortest = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex')
		const longer = Buffer.concat([Buffer.from('00010004', 'hex'), shortest.subarray(4), Buffer.from('80220000', 'hex')])
		const { port, counters } = await server({ isKnown: () => false }, '::1')
		const source = await raw('::1')
		for (const question of [shortest, longer]) source.socket.send(question, port, '::1')
		await until(() => counters.pongsOut + counters.responsesWithheld === 2)
		expect(counters).toMatchObject({ pongsOut: 1, responsesWithheld: 1 })
		await until(() => source.received.length === 1)
		expect(source.received[0]).toHaveLength(44)
	})

	it('counts STUN requests by the rate of their source', async () => {
		const { port, counters } = await server({ messageRate: { perSecond: 1, burst: 5 }, clock: new VirtualClock() })
		const source = await raw()
		const question = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex')
		for (let i = 0; i < 9; i++) source.socket.send(question, port, '127.0.0.1')
		await until(() => counters.rateLimited === 4)
		expect(counters.pongsOut).toBe(5)
	})

	it('refuses what it cannot read in no more than twice as much, or not at all', async () => {
		const { port, counters } = await server()
		const source = await raw()
		const tiny = 'FOO sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport\r\nCSeq:1 FOO\r\n\r\n'
		source.socket.send(tiny, port, '127.0.0.1')
		await until(() => counters.malformedRejected + counters.responsesWithheld === 1)
		expect(counters).toMatchObject({ malformed: 1, responsesWithheld: 1 })
		source.socket.send(tiny.replace('sip:a', `sip:${'a'.repeat(300)}`), port, '127.0.0.1')
		await until(() => source.received.length === 1)
	})

	it('drops what a source sends beyond its rate', async () => {
		const { peer, port, counters } = await server({
			messageRate: { perSecond: 1, burst: 5 },
			clock: new VirtualClock(),
		})
		const source = await raw()
		for (let i = 0; i < 9; i++) source.socket.send(wireRequest('OPTIONS', '127.0.0.1'), port, '127.0.0.1')
		await until(() => counters.rateLimited === 4)
		expect(peer.messages).toHaveLength(5)
	})

	it('survives any bytes', async () => {
		const { peer, port, counters } = await server()
		const source = await raw()
		const seed = process.env.VIGIL_TEST_SEED
		const message = fc
			.string({ unit: 'binary-ascii', maxLength: 20 })
			.map((text) => wireRequest('INFO', text, { headers: `${text}\r\n` }))
		const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
		const batch = fc.array(fc.oneof(message, noise), { minLength: 1, maxLength: 20 })
		await fc.assert(
			fc.asyncProperty(batch, async (texts) => {
				const seen = () => counters.malformed + counters.pingsIn + peer.messages.length
				const before = seen()
				for (const text of texts) source.socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1')
				await until(() => seen() === before + texts.length)
			}),
			{ numRuns: 50, ...(seed === undefined ? {} : { seed: Number(seed) }) },
		)
		expect(counters.receiverErrors).toBe(0)
	})

	it('is used again for every target, so that the source port stays', async () => {
		const client = peers.add()
		const own = await peers.listen(client, 'udp')
		const [first, second] = [await server(), await server()]
		const flows = [await peers.connect(client, 'udp', first.port), await peers.connect(client, 'udp', second.port)]
		expect(flows.map((flow) => flow.local.port)).toEqual([own.port, own.port])
		expect(await peers.connect(client, 'udp', first.port)).toBe(flows[0])
		const other = await peers.listen(client, 'udp')
		const via = await peers.connect(client, 'udp', first.port, { via: other })
		const byPort = await peers.connect(client, 'udp', first.port, { localPort: other.port })
		expect([via.local.port, byPort]).toEqual([other.port, via])
	})

	it('is opened when there is none to send from, once', async () => {
		const client = peers.add()
		const { peer, port } = await server()
		const [one, two] = await Promise.all([peers.connect(client, 'udp', port), peers.connect(client, 'udp', port)])
		expect(two).toBe(one)
		expect(one.local.host).toBe('127.0.0.1')
		one.send(Buffer.from(wireRequest('OPTIONS', '127.0.0.1')))
		await peer.next()
		expect(peer.flows[0]?.remote.port).toBe(one.local.port)
	})

	it('looks names up, and reports those that do not exist or are of the other family', async () => {
		const client = peers.add()
		const { peer, listener, port } = await server()
		const flow = await client.manager.connect({ transport: 'udp', host: 'localhost', port })
		expect(['127.0.0.1', '::1']).toContain(flow.remote.host)
		await expect(
			client.manager.connect({ transport: 'udp', host: 'no-such-host.invalid', port }),
		).rejects.toMatchObject({
			code: 'name-not-found',
		})
		await expect(peer.manager.connect({ transport: 'udp', host: '::1', port, via: listener })).rejects.toMatchObject({
			code: 'unreachable',
		})
	})

	it('reports a datagram that is too large, and an impossible port', async () => {
		const client = peers.add()
		const { port } = await server()
		const failures: string[] = []
		const flow = await peers.connect(client, 'udp', port)
		flow.send(Buffer.alloc(70_000), (error) => failures.push(error.code))
		const impossible = await peers.connect(client, 'udp', 99_999)
		impossible.send(Buffer.from('x'), (error) => failures.push(error.code))
		await until(() => failures.length === 2)
		expect(failures.toSorted()).toEqual(['socket-error', 'too-large'])
	})

	it('forgets the oldest flows beyond its bound, and they still work', async () => {
		const { peer, port, counters } = await server({ limits: { maxUdpFlows: 2 } })
		const sources = [await raw(), await raw(), await raw()]
		for (const [i, source] of sources.entries()) {
			source.socket.send(wireRequest('OPTIONS', '127.0.0.1'), port, '127.0.0.1')
			await until(() => peer.flows.length === i + 1)
		}
		expect(counters).toMatchObject({ flowsOpened: 3, flowsClosed: 1, openFlows: 2 })
		peer.flows[0]?.send(Buffer.from('hello'))
		await until(() => sources[0]?.received.length === 1)
		sources[0]?.socket.send(wireRequest('OPTIONS', '127.0.0.1'), port, '127.0.0.1')
		await until(() => peer.flows.length === 4)
		expect(peer.flows[3]?.id).toBe(peer.flows[0]?.id)
	})

	it('keeps a NAT binding open when told to', async () => {
		const clock = new VirtualClock()
		const client = peers.add({ clock, random: () => 0 })
		const target = await raw()
		const flow = await peers.connect(client, 'udp', target.port, { keepAlive: { intervalMs: 25_000 } })
		await clock.advance(20_000)
		await until(() => target.received.length === 1)
		await clock.advance(20_000)
		await until(() => target.received.length === 2)
		expect(target.received).toEqual(['\r\n\r\n', '\r\n\r\n'])
		client.manager.setKeepAlive(flow, false)
		await clock.advance(100_000)
		expect(client.manager.counters.udp.pingsOut).toBe(2)
	})

	it('speaks IPv4 and IPv6 when it is bound to all addresses', async () => {
		const peer = peers.add()
		const listener = await peers.listen(peer, 'udp', { host: '::' })
		const source = await raw()
		source.socket.send(
			wireRequest('OPTIONS', '127.0.0.1', { via: 'SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKx' }),
			listener.port,
			'127.0.0.1',
		)
		const received = (await peer.next()) as SipRequest
		expect(peer.flows[0]?.remote).toEqual({ host: '127.0.0.1', port: source.port })
		peer.manager.reply(buildResponse(received, 200), peer.flows[0] as Flow)
		await until(() => source.received.length === 1)
		expect(source.received[0]).toContain('received=127.0.0.1')
	})
})
