import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { TransportManagerOptions } from '../src/index.ts'
import { wireRequest } from './messages.ts'
import { CONNECTIONS, Peers } from './sockets.ts'

const peers = new Peers()
afterEach(() => peers.close())

const CLIENT = { host: '203.0.113.7', port: 40_000 }
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2 for that source. */
function header(source = CLIENT, tlvBytes = 0): Buffer {
	const addresses = Buffer.from([...source.host.split('.').map(Number), 192, 0, 2, 1, 0, 0, 0, 0])
	addresses.writeUInt16BE(source.port, 8)
	const rest = Buffer.alloc(tlvBytes)
	const length = Buffer.alloc(2)
	length.writeUInt16BE(addresses.length + tlvBytes)
	return Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11]), length, addresses, rest])
}

/** What a proxy says that looks whether we live. */
const LOCAL = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0x00, 0x00, 0x00])])

const trusting: Partial<TransportManagerOptions> = { isTrustedProxy: (host) => host === '127.0.0.1' }

async function server(transport: (typeof CONNECTIONS)[number], options: Partial<TransportManagerOptions>) {
	const peer = peers.add(options)
	const { port } = await peers.listen(peer, transport)
	return { peer, port }
}

/** What a client sends behind a proxy that wrote `bytes` first. */
function send(transport: (typeof CONNECTIONS)[number], port: number, bytes: Buffer, text: string): Socket {
	const raw = connect({ port, host: '127.0.0.1' })
	raw.on('error', () => {})
	raw.write(bytes)
	if (transport === 'tcp') raw.write(text)
	else if (transport === 'tls') {
		const socket = connectTls({ socket: raw, rejectUnauthorized: false }, () => socket.write(text))
		socket.on('error', () => {})
	} else {
		const socket = transport === 'ws' ? raw : connectTls({ socket: raw, rejectUnauthorized: false })
		socket.on('error', () => {})
		const client = new WebSocket('ws://127.0.0.1', 'sip', { createConnection: () => socket })
		client.on('open', () => client.send(text))
		client.on('error', () => {})
	}
	return raw
}

describe.each(CONNECTIONS)('a connection over %s', (transport) => {
	it('from a trusted proxy is from whom it names', async () => {
		const { peer, port } = await server(transport, trusting)
		const socket = send(transport, port, header(), wireRequest('OPTIONS', 'a.example'))
		await peer.next()
		expect(peer.flows[0]?.remote).toEqual(CLIENT)
		expect(peer.messages[0]?.headers.get('Via')).toContain(`received=${CLIENT.host}`)
		socket.destroy()
	})

	it('from a trusted proxy that speaks for itself, or says nothing, is from the proxy', async () => {
		const { peer, port } = await server(transport, trusting)
		for (const bytes of [LOCAL, Buffer.alloc(0)]) {
			const socket = send(transport, port, bytes, wireRequest('OPTIONS', 'a.example'))
			await peer.next()
			expect(peer.flows.at(-1)?.remote).toEqual({ host: '127.0.0.1', port: socket.localPort })
			socket.destroy()
		}
	})

	it('from anybody else is refused when it claims to be from somewhere', async () => {
		for (const options of [{}, { isTrustedProxy: (host: string) => host === '192.0.2.1' }]) {
			const { peer, port } = await server(transport, options)
			const socket = send(transport, port, header(), wireRequest('OPTIONS', 'a.example'))
			await until(() => socket.destroyed || socket.closed)
			expect(peer.messages).toEqual([])
		}
	})

	it('counts for its own source', async () => {
		const limits = { maxConnectionsPerSource: 1 }
		const { peer, port } = await server(transport, { ...trusting, limits })
		const text = wireRequest('OPTIONS', 'a.example')
		const first = send(transport, port, header(), text)
		await peer.next()
		const second = send(transport, port, header({ host: CLIENT.host, port: 40_001 }), text)
		await until(() => second.destroyed || second.closed)
		const other = send(transport, port, header({ host: '203.0.113.8', port: 40_002 }), text)
		await peer.next()
		expect(peer.flows.map(({ remote }) => remote.host)).toEqual([CLIENT.host, '203.0.113.8'])
		for (const socket of [first, other]) socket.destroy()
	})
})

describe('a header of the PROXY protocol', () => {
	it.each([
		['in one piece with what follows', (bytes: Buffer) => [bytes]],
		['byte by byte', (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))],
	])('is read %s', async (_how, cut) => {
		const { peer, port } = await server('tcp', trusting)
		const socket = connect({ port, host: '127.0.0.1', noDelay: true })
		const whole = Buffer.concat([header(CLIENT, 300), Buffer.from(wireRequest('OPTIONS', 'a.example'))])
		for (const piece of cut(whole)) {
			socket.write(piece)
			await new Promise(setImmediate)
		}
		await peer.next()
		expect(peer.flows[0]?.remote).toEqual(CLIENT)
		socket.destroy()
	})

	it.each([
		['PROXY TCP4 203.0.113.7 192.0.2.1 40000 5060\r\n', CLIENT],
		['PROXY TCP6 2001:DB8:0::7 2001:db8::1 40000 5060\r\n', { host: '2001:db8::7', port: 40_000 }],
	])('of version 1 is read: %s', async (line, source) => {
		const { peer, port } = await server('tcp', trusting)
		const socket = send('tcp', port, Buffer.from(line), wireRequest('OPTIONS', 'a.example'))
		await peer.next()
		expect(peer.flows[0]?.remote).toEqual(source)
		socket.destroy()
	})

	it.each([
		['of another version', Buffer.concat([SIGNATURE, Buffer.from([0x31, 0x11, 0, 0])])],
		['that is too long', Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0xff, 0xff])])],
		['without a line break', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
		['with an address that is none', Buffer.from('PROXY TCP4 203.0.113.999 192.0.2.1 1 1\r\n')],
	])('%s ends the connection', async (_what, bytes) => {
		const { peer, port } = await server('tcp', trusting)
		const socket = send('tcp', port, bytes, '')
		await until(() => socket.destroyed || socket.closed)
		expect(peer.manager.counters.tcp.connectionsRefused).toBe(1)
	})

	it('that does not come ends the connection', async () => {
		const { port } = await server('tcp', { ...trusting, limits: { setupTimeoutMs: 50 } })
		const socket = send('tcp', port, SIGNATURE, '')
		await until(() => socket.destroyed || socket.closed)
	})
})
