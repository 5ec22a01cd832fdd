import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { ListenOptions, TransportManagerOptions } from '../src/index.ts'
import { wireRequest } from './messages.ts'
import { Peers } from './sockets.ts'

const peers = new Peers()
const sockets: WebSocket[] = []
const servers: Server[] = []

afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.terminate()
	await peers.close()
	for (const server of servers.splice(0)) server.close()
})

async function server(listen: Partial<ListenOptions> = {}, options: Partial<TransportManagerOptions> = {}) {
	const peer = peers.add(options)
	const listener = await peers.listen(peer, 'ws', listen)
	return { peer, listener, counters: peer.manager.counters.ws }
}

/** A bare WebSocket client: what it receives, how it was refused. */
async function client(port: number, path = '/', protocols: string | string[] = 'sip', options: ClientOptions = {}) {
	const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options)
	sockets.push(socket)
	const state = { socket, received: [] as { text: string; binary: boolean }[], refused: 0, closed: 0 }
	socket.on('message', (data, binary) => state.received.push({ text: data.toString(), binary }))
	socket.on('unexpected-response', (_request, response) => {
		state.refused = response.statusCode ?? 0
		socket.terminate()
	})
	socket.on('error', () => {})
	socket.on('close', (code) => {
		state.closed = code
	})
	await until(() => socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CLOSED)
	return state
}

function via(host: string): string {
	return `SIP/2.0/WS ${host};branch=z9hG4bKw1`
}

describe('SIP over WebSocket (RFC 7118)', () => {
	it('takes one SIP message from each text or binary message, without Content-Length too', async () => {
		const { peer, listener } = await server()
		const { socket } = await client(listener.port)
		expect(socket.protocol).toBe('sip')
		const text = wireRequest('MESSAGE', '', { via: via('x.invalid'), body: 'hello' })
		socket.send(text)
		socket.send(Buffer.from(text.replace('Content-Length: 5\r\n', '')), { binary: true })
		await until(() => peer.messages.length === 2)
		expect(peer.messages.map((message) => Buffer.from(message.body).toString())).toEqual(['hello', 'hello'])
	})

	it('sends text when the message is UTF-8 and binary when not', async () => {
		const { peer, listener } = await server()
		const { received } = await client(listener.port)
		await until(() => peer.opened.length === 1)
		peer.opened[0]?.send(Buffer.from(wireRequest('INFO', 'a.example', { body: 'é' })))
		peer.opened[0]?.send(Buffer.from([0x49, 0xff, 0xfe]))
		await until(() => received.length === 2)
		expect(received.map(({ binary }) => binary)).toEqual([false, true])
	})

	it('takes no connection without the subprotocol, of another path or of a foreign origin', async () => {
		const { listener, peer, counters } = await server({ path: '/sip', origins: ['https://phone.example'] })
		const { port } = listener
		expect((await client(port, '/sip', [])).refused).toBe(400)
		expect((await client(port, '/sip', 'xmpp')).refused).toBe(400)
		expect((await client(port, '/other')).refused).toBe(404)
		expect((await client(port, '/sip', 'sip', { origin: 'https://evil.example' })).refused).toBe(403)
		expect(peer.opened).toEqual([])
		expect(counters.connectionsRefused).toBe(4)
		expect((await client(port, '/sip?x=1', ['xmpp', 'sip'], { origin: 'https://phone.example' })).socket.protocol).toBe(
			'sip',
		)
		expect((await client(port, '/sip')).socket.readyState).toBe(WebSocket.OPEN)
	})

	it('tells plain HTTP requests to upgrade', async () => {
		const { listener } = await server()
		const status = await new Promise((resolve) =>
			get({ port: listener.port, host: '127.0.0.1' }, (r) => resolve(r.statusCode)),
		)
		expect(status).toBe(426)
	})

	it('tells why an upgrade was refused', async () => {
		const { listener } = await server({ path: '/sip' })
		await expect(peers.connect(peers.add(), 'ws', listener.port)).rejects.toMatchObject({ code: 'upgrade-refused' })
		expect((await peers.connect(peers.add(), 'ws', listener.port, { path: '/sip' })).closed).toBe(false)
	})

	it('ends a connection whose message is too large, has too many fragments or breaks the protocol', async () => {
		const clock = new VirtualClock()
		const { listener, peer, counters } = await server({}, { clock, limits: { maxMessageBytes: 2000 } })
		const large = await client(listener.port)
		large.socket.send('x'.repeat(3000))
		await until(() => large.closed > 0)
		const shredded = await client(listener.port)
		for (let i = 0; i < 70; i++) shredded.socket.send('x', { fin: false })
		await until(() => shredded.closed > 0)
		const raw = await peers.raw(listener.port)
		raw.socket.write(
			'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
				'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n',
		)
		await raw.reads('101 Switching Protocols')
		raw.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
		await until(() => peer.closed.length === 3)
		expect(peer.closed).toEqual(['bad-framing', 'bad-framing', 'bad-framing'])
		expect([large.closed, shredded.closed, counters.malformed]).toEqual([1009, 1008, 3])
		// This peer does not close its side: it gets two seconds.
		await clock.advance(2000)
		await until(() => raw.ended)
	})

	it('reads no more after an upgrade request that is never finished', async () => {
		const { listener } = await server({}, { limits: { setupTimeoutMs: 60 } })
		const raw = await peers.raw(listener.port)
		raw.socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
		await until(() => raw.ended)
	})
})

describe('WebSocket keep-alive', () => {
	it('answers CRLF pings and ping frames', async () => {
		const { listener, counters } = await server()
		const { socket, received } = await client(listener.port)
		let pongs = 0
		socket.on('pong', () => pongs++)
		socket.send('\r\n\r\n')
		socket.ping()
		await until(() => received.length === 1 && pongs === 1)
		expect(received[0]).toEqual({ text: '\r\n', binary: false })
		expect(counters).toMatchObject({ pingsIn: 2, pongsOut: 2, malformed: 0 })
	})

	it('pings accepted connections and ends those that do not answer', async () => {
		const clock = new VirtualClock()
		const { listener, peer, counters } = await server({}, { clock, random: () => 0 })
		const options = wireRequest('OPTIONS', '', { via: via('x.invalid') })
		const { socket: alive } = await client(listener.port)
		alive.send(options)
		await until(() => peer.messages.length === 1)
		await clock.advance(24_000)
		await until(() => counters.pongsIn === 1)
		const { socket: dead } = await client(listener.port, '/', 'sip', { autoPong: false })
		dead.send(options)
		await until(() => peer.messages.length === 2)
		await clock.advance(24_000)
		await until(() => counters.pongsIn === 2)
		await clock.advance(10_000)
		expect(peer.closed).toEqual(['keep-alive'])
		expect(counters.keepAliveFailures).toBe(1)
	})
})

describe('a WebSocket listener on a shared HTTP server', () => {
	async function shared(path?: string) {
		const http = createServer((_request, response) => response.end('hello'))
		servers.push(http)
		await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
		const { port } = http.address() as AddressInfo
		const peer = peers.add()
		const listener = await peer.manager.listen({
			transport: 'ws',
			server: http,
			...(path === undefined ? {} : { path }),
		})
		return { http, port, peer, listener }
	}

	it('takes its path and leaves the rest', async () => {
		const { port, peer, listener } = await shared('/sip')
		expect([listener.host, listener.port]).toEqual(['127.0.0.1', port])
		const { socket } = await client(port, '/sip')
		socket.send(wireRequest('OPTIONS', '', { via: via('x.invalid') }))
		await peer.next()
		const body = await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text())
		expect(body).toBe('hello')
		expect((await client(port, '/other')).refused).toBe(404)
		expect(() => listener.setTls({ cert: '', key: '' })).toThrow(TypeError)
	})

	it('leaves other upgrade paths to others', async () => {
		const { http, port } = await shared('/sip')
		http.on('upgrade', (request, socket) => {
			if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
		})
		expect((await client(port, '/other')).refused).toBe(418)
	})

	it('ends its connections and nothing else when it closes', async () => {
		const { port, listener } = await shared()
		const state = await client(port)
		await listener.close()
		await until(() => state.closed > 0)
		expect(state.closed).toBe(1000)
		expect(await fetch(`http://127.0.0.1:${port}/`).then((response) => response.status)).toBe(200)
	})
})
