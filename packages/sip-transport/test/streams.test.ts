import { buildResponse, type SipRequest } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Flow, ListenOptions, TransportManagerOptions } from '../src/index.ts'
import { wireRequest } from './messages.ts'
import { CONNECTIONS, Peers } from './sockets.ts'

const peers = new Peers()
afterEach(() => peers.close())

async function server(options: Partial<TransportManagerOptions> = {}, listen: Partial<ListenOptions> = {}) {
	const peer = peers.add(options)
	const listener = await peers.listen(peer, 'tcp', listen)
	return { peer, port: listener.port, counters: peer.manager.counters.tcp }
}

describe('a TCP stream', () => {
	it('is read however it is cut', async () => {
		const { peer, port } = await server()
		const { socket } = await peers.raw(port)
		const text = wireRequest('MESSAGE', 'a.example', { body: 'hello' })
		socket.setNoDelay(true)
		for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) {
			socket.write(piece)
			await new Promise(setImmediate)
		}
		socket.write(wireRequest('OPTIONS', 'a.example') + wireRequest('INFO', 'a.example').slice(0, 40))
		socket.write(wireRequest('INFO', 'a.example').slice(40))
		await until(() => peer.messages.length === 3)
		expect((peer.messages as SipRequest[]).map((message) => message.method)).toEqual(['MESSAGE', 'OPTIONS', 'INFO'])
	})

	it.each([
		[
			'without Content-Length',
			'SIP/2.0 400 Missing Content-Length header field',
			wireRequest('MESSAGE', 'a.example').replace('Content-Length: 0\r\n', ''),
		],
		[
			'with a bad Content-Length',
			'SIP/2.0 400 Malformed Content-Length',
			wireRequest('MESSAGE', 'a.example').replace('Length: 0', 'Length: -1'),
		],
		[
			'that is too large',
			'SIP/2.0 413 Request Entity Too Large',
			wireRequest('MESSAGE', 'a.example').replace('Length: 0', 'Length: 999999'),
		],
	])('is answered and ended after a message %s', async (_what, expected, text) => {
		const { peer, port, counters } = await server()
		const raw = await peers.raw(port)
		raw.socket.write(text)
		await raw.reads(expected)
		expect(raw.text).toMatch(/\r\nTo: <sip:bob@example.com>;tag=\w+\r\n/)
		await until(() => raw.ended)
		expect(peer.closed).toEqual(['bad-framing'])
		expect(counters).toMatchObject({ malformed: 1, malformedRejected: 1, openFlows: 0 })
	})

	it.each([
		['bytes that are not SIP', '\x16\x03\x01\x02\x00'],
		['an endless header block', `MESSAGE sip:a@b SIP/2.0\r\nX: ${'x'.repeat(40_000)}`],
	])('is ended at once by %s', async (_what, text) => {
		const { peer, port, counters } = await server()
		const raw = await peers.raw(port)
		raw.socket.write(text)
		await until(() => raw.ended)
		expect(raw.text).toBe('')
		expect(peer.closed).toEqual(['bad-framing'])
		expect(counters.malformed).toBe(1)
	})

	it('is ended after too many malformed messages', async () => {
		const { peer, port, counters } = await server({ limits: { maxMalformedPerFlow: 3 } })
		const raw = await peers.raw(port)
		raw.socket.write(wireRequest('MESSAGE', 'a.example').replace('CSeq: 1', 'CSeq: x').repeat(5))
		await until(() => raw.ended)
		expect(counters.malformed).toBe(3)
		expect(peer.closed).toEqual(['bad-framing'])
	})

	it('may be closed by its sender while an answer is on its way, or be reset', async () => {
		const { peer, port } = await server()
		const half = await peers.raw(port)
		half.socket.end(wireRequest('MESSAGE', 'a.example'))
		await until(() => peer.messages.length === 1)
		const reset = await peers.raw(port)
		reset.socket.write(wireRequest('MESSAGE', 'b.example').slice(0, 50))
		reset.socket.resetAndDestroy()
		await until(() => peer.closed.length === 2)
		const [flow] = peer.flows as [Flow]
		expect(() => peer.manager.reply(buildResponse(peer.messages[0] as SipRequest, 200), flow)).not.toThrow()
		expect(peer.manager.counters.tcp.openFlows).toBe(0)
	})

	it('survives any bytes', async () => {
		const { peer, port, counters } = await server({ limits: { maxConnectionsPerSource: 1000 } })
		const fragments = fc.constantFrom(
			'\r\n',
			'MESSAGE sip:a@b SIP/2.0\r\n',
			'Via: ',
			'Content-Length: 3\r\n\r\n',
			wireRequest('INFO', 'x'),
		)
		const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
		const seed = process.env.VIGIL_TEST_SEED
		await fc.assert(
			fc.asyncProperty(fc.array(fc.oneof(fragments, noise), { maxLength: 12 }), async (parts) => {
				const raw = await peers.raw(port)
				raw.socket.end(Buffer.from(parts.join(''), 'latin1'))
				await until(() => raw.ended)
			}),
			{ numRuns: 60, ...(seed === undefined ? {} : { seed: Number(seed) }) },
		)
		expect(counters.receiverErrors).toBe(0)
		const raw = await peers.raw(port)
		const before = peer.messages.length
		raw.socket.write(wireRequest('OPTIONS', 'a.example'))
		await until(() => peer.messages.length === before + 1)
	})

	it('goes on when a receiver of its messages throws', async () => {
		const { peer, port, counters } = await server()
		peer.manager.onMessage(() => {
			throw new Error('bug')
		})
		const raw = await peers.raw(port)
		raw.socket.write(wireRequest('OPTIONS', 'a.example').repeat(2))
		await until(() => peer.messages.length === 2)
		expect(counters.receiverErrors).toBe(2)
	})
})

describe('time limits of an accepted connection', () => {
	it('ends one that sends a message a byte at a time', async () => {
		const clock = new VirtualClock()
		const { peer, port, counters } = await server({ clock })
		const raw = await peers.raw(port)
		const text = wireRequest('OPTIONS', 'a.example')
		for (let i = 0; i < 9; i++) {
			const before = counters.bytesIn
			raw.socket.write(text.charAt(i))
			await until(() => counters.bytesIn === before + 1)
			await clock.advance(1000)
		}
		expect(peer.closed).toEqual([])
		await clock.advance(1000)
		expect(peer.closed).toEqual(['slow-message'])
		expect(counters.idleClosed).toBe(1)
		await until(() => raw.ended)
	})

	it('ends one that says nothing, and one that falls silent', async () => {
		const clock = new VirtualClock()
		const { peer, port } = await server({ clock })
		await peers.raw(port)
		const speaking = await peers.raw(port)
		speaking.socket.write(wireRequest('OPTIONS', 'a.example'))
		await until(() => peer.messages.length === 1 && peer.opened.length === 2)
		await clock.advance(32_000)
		expect(peer.closed).toEqual(['idle'])
		await clock.advance(600_000)
		expect(peer.closed).toEqual(['idle', 'idle'])
	})

	it('lets one live that is kept alive', async () => {
		const clock = new VirtualClock()
		const { peer, port, counters } = await server({ clock })
		const raw = await peers.raw(port)
		raw.socket.write(wireRequest('OPTIONS', 'a.example'))
		await until(() => peer.messages.length === 1)
		for (let i = 1; i <= 10; i++) {
			await clock.advance(500_000)
			raw.socket.write('\r\n\r\n')
			await until(() => counters.pingsIn === i)
		}
		expect(peer.closed).toEqual([])
	})
})

describe('CRLF keep-alive (RFC 5626 3.5.1)', () => {
	it('answers pings, between messages too, and ignores a single CRLF', async () => {
		const { peer, port, counters } = await server()
		const raw = await peers.raw(port)
		raw.socket.write(`\r\n\r\n${wireRequest('OPTIONS', 'a.example')}\r\n${wireRequest('OPTIONS', 'a.example')}\r\n\r\n`)
		await until(() => peer.messages.length === 2 && counters.pongsOut === 2)
		await raw.reads('\r\n\r\n')
		expect(raw.text).toBe('\r\n\r\n')
	})

	async function pinging(expectPong: 'seen' | 'always') {
		const clock = new VirtualClock()
		const near = peers.add({
			clock,
			keepAlive: { intervalMs: 100_000, pongTimeoutMs: 10_000, expectPong },
			random: () => 0,
		})
		const far = await server()
		const flow = await peers.connect(near, 'tcp', far.port)
		return { clock, near, far, flow, counters: near.manager.counters.tcp }
	}

	it('pings flows that we opened and hears the answers', async () => {
		const { clock, near, counters } = await pinging('always')
		for (let i = 1; i <= 3; i++) {
			await clock.advance(80_000)
			await until(() => counters.pongsIn === i)
		}
		expect(counters.pingsOut).toBe(3)
		expect(near.closed).toEqual([])
	})

	it('finds a flow dead whose peer is silent', async () => {
		const clock = new VirtualClock()
		const near = peers.add({ clock, keepAlive: { intervalMs: 100_000, expectPong: 'always' }, random: () => 0 })
		const silent = await peers.silentServer()
		const flow = await peers.connect(near, 'tcp', silent)
		await clock.advance(89_999)
		expect(flow.closed).toBe(false)
		await clock.advance(1)
		expect(near.closed).toEqual(['keep-alive'])
		expect(near.manager.counters.tcp).toMatchObject({ pingsOut: 1, pongsIn: 0, keepAliveFailures: 1 })
	})

	it('is changed and stopped on an open flow (Flow-Timer)', async () => {
		const { clock, near, flow, counters } = await pinging('seen')
		near.manager.setKeepAlive(flow, { intervalMs: 10_000 })
		await clock.advance(8000)
		expect(counters.pingsOut).toBe(1)
		near.manager.setKeepAlive(flow, false)
		await clock.advance(1_000_000)
		expect(counters.pingsOut).toBe(1)
	})

	it('comes from the accepting side too, when asked for', async () => {
		const clock = new VirtualClock()
		const far = await server({ clock, random: () => 0 }, { keepAlive: { intervalMs: 10_000 } })
		const raw = await peers.raw(far.port)
		await until(() => far.peer.opened.length === 1)
		await clock.advance(8000)
		await raw.reads('\r\n\r\n')
		raw.socket.write('\r\n')
		await until(() => far.counters.pongsIn === 1)
	})
})

describe('a reply whose connection is gone (RFC 3261 18.2.2)', () => {
	it('goes by a new connection to the address and port of the Via', async () => {
		const near = peers.add()
		const far = peers.add()
		const nearListener = await peers.listen(near, 'tcp')
		const farListener = await peers.listen(far, 'tcp')
		const raw = await peers.raw(farListener.port)
		raw.socket.end(wireRequest('MESSAGE', '', { via: `SIP/2.0/TCP 10.0.0.1:${nearListener.port};branch=z9hG4bKx` }))
		const received = (await far.next()) as SipRequest
		await until(() => far.closed.length === 1)
		far.manager.reply(buildResponse(received, 200), far.flows[0] as Flow)
		expect(await near.next()).toMatchObject({ kind: 'response', status: 200 })
	})

	it.each(CONNECTIONS)(
		'over %s goes by the connection that we have opened anew to the same server',
		async (transport) => {
			const [server, client] = [peers.add(), peers.add()]
			const listener = await peers.listen(server, transport)
			const first = await peers.connect(client, transport, listener.port)
			await until(() => server.opened.length === 1)
			const via = `SIP/2.0/${transport.toUpperCase()} pbx.invalid;branch=z9hG4bKx`
			server.opened[0]?.send(Buffer.from(wireRequest('MESSAGE', '', { via })))
			const received = (await client.next()) as SipRequest
			server.opened[0]?.close()
			await until(() => first.closed)
			await peers.connect(client, transport, listener.port)
			client.manager.reply(buildResponse(received, 200), first)
			expect(await server.next()).toMatchObject({ kind: 'response', status: 200 })
			expect(server.flows[0]?.id).toBe(server.opened[1]?.id)
		},
	)

	it('fails when nobody listens there', async () => {
		const far = peers.add()
		const farListener = await peers.listen(far, 'tcp')
		const raw = await peers.raw(farListener.port)
		raw.socket.end(wireRequest('MESSAGE', '', { via: 'SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKx' }))
		const received = (await far.next()) as SipRequest
		await until(() => far.closed.length === 1)
		const failures: string[] = []
		far.manager.reply(buildResponse(received, 200), far.flows[0] as Flow, (error) => failures.push(error.code))
		await until(() => failures.length > 0)
		expect(failures).toEqual(['refused'])
	})
})
