import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '@vigil/runtime'
import { realClock, silentLogger } from '@vigil/runtime'
import type { ParseError, SipMessage } from '@vigil/sip'
import { type CertificateAuthority, type ServerCertificate, testAuthority, until } from '@vigil/testkit'
import {
	type Flow,
	type FlowCloseReason,
	type ListenOptions,
	TransportManager,
	type TransportManagerOptions,
	type TransportName,
} from '../src/index.ts'

export const TRANSPORTS: readonly TransportName[] = ['udp', 'tcp', 'tls', 'ws', 'wss']
export const CONNECTIONS: readonly TransportName[] = ['tcp', 'tls', 'ws', 'wss']

/** A manager that notes everything it is told. */
export class Peer {
	readonly manager: TransportManager
	readonly messages: SipMessage[] = []
	readonly flows: Flow[] = []
	readonly malformed: ParseError[] = []
	readonly opened: Flow[] = []
	readonly closed: FlowCloseReason[] = []

	constructor(options: Partial<TransportManagerOptions> & { readonly clock?: Clock } = {}) {
		this.manager = new TransportManager({ clock: realClock, logger: silentLogger, keepAlive: false, ...options })
		this.manager.onMessage((message, flow) => {
			this.messages.push(message)
			this.flows.push(flow)
		})
		this.manager.onMalformed((error) => this.malformed.push(error))
		this.manager.onFlowOpened((flow) => this.opened.push(flow))
		this.manager.onFlowClosed((_flow, reason) => this.closed.push(reason))
	}

	/** Waits for the next message beyond those seen so far. */
	async next(): Promise<SipMessage> {
		const index = this.#taken++
		await until(() => this.messages.length > index, { what: `message ${index + 1}` })
		return this.messages[index] as SipMessage
	}

	#taken = 0
}

/** Peers of one test, closed after it. */
export class Peers {
	readonly #open: Peer[] = []
	readonly #sockets: Socket[] = []
	readonly #servers: Server[] = []
	#authority: CertificateAuthority | undefined

	add(options: ConstructorParameters<typeof Peer>[0] = {}): Peer {
		const peer = new Peer(options)
		this.#open.push(peer)
		return peer
	}

	/** A listener on the loopback, with a certificate for it where one is needed. */
	async listen(peer: Peer, transport: TransportName, change: Partial<ListenOptions> = {}) {
		const tls = transport === 'tls' || transport === 'wss' ? { tls: await this.certificate() } : {}
		return peer.manager.listen({ transport, host: '127.0.0.1', port: 0, ...tls, ...change })
	}

	async connect(peer: Peer, transport: TransportName, port: number, change = {}): Promise<Flow> {
		const tls = transport === 'tls' || transport === 'wss' ? { tls: { ca: (await this.authority()).cert } } : {}
		return peer.manager.connect({ transport, host: '127.0.0.1', port, ...tls, ...change })
	}

	async authority(): Promise<CertificateAuthority> {
		this.#authority ??= await testAuthority()
		return this.#authority
	}

	async certificate(names: readonly string[] = ['127.0.0.1', '::1', 'sip.example.com']): Promise<ServerCertificate> {
		return (await this.authority()).issue(names)
	}

	/** A bare TCP connection; what it receives is kept as text. */
	async raw(port: number): Promise<RawPeer> {
		const socket = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true })
		this.#sockets.push(socket)
		const peer = new RawPeer(socket)
		await until(() => !socket.connecting, { what: 'a raw connection' })
		return peer
	}

	/** The port of a server that accepts TCP connections and reads, but never writes. */
	async silentServer(): Promise<number> {
		const server = createServer((socket) => {
			this.#sockets.push(socket)
			socket.on('error', () => {})
			socket.resume()
		})
		this.#servers.push(server)
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
		return (server.address() as AddressInfo).port
	}

	async close(): Promise<void> {
		for (const server of this.#servers.splice(0)) server.close()
		for (const socket of this.#sockets.splice(0)) socket.destroy()
		await Promise.all(this.#open.splice(0).map((peer) => peer.manager.close()))
	}
}

export class RawPeer {
	readonly socket: Socket
	text = ''
	ended = false

	constructor(socket: Socket) {
		this.socket = socket
		socket.on('data', (chunk: Buffer) => {
			this.text += chunk.toString('latin1')
		})
		socket.on('error', () => {})
		socket.on('end', () => {
			this.ended = true
		})
		socket.on('close', () => {
			this.ended = true
		})
	}

	async reads(wanted: string): Promise<void> {
		await until(() => this.text.includes(wanted), { what: () => `${wanted} in ${this.text}` })
	}
}
