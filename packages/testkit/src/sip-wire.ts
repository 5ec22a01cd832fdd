import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { formatVia, parseMessage, replaceTopVia, type SipMessage, serializeMessage, topVia } from '@vigil/sip'
import { SipFraming } from './sip-framing.ts'

export type WireTransport = 'udp' | 'tcp'

/** The other end of a datagram or connection. */
export interface WirePeer {
	readonly transport: WireTransport
	readonly host: string
	readonly port: number
}

export interface WireOptions {
	/** Address to listen on; default 127.0.0.1. */
	readonly host?: string
	/** Port for both transports; default, and with 0, a free one. */
	readonly port?: number
	/** Sees every message, for a log or a failing test. */
	readonly trace?: (direction: 'in' | 'out', message: SipMessage, peer: WirePeer) => void
}

type MessageHandler = (message: SipMessage, from: WirePeer) => void

const PONG = '\r\n'
/** How often a port that is free for UDP may turn out to be taken for TCP. */
const PORT_ATTEMPTS = 50

/** SIP messages over real UDP and TCP sockets that share one port. No transactions, no timers: what comes is handed up. */
export class SipWire {
	readonly host: string
	readonly port: number
	/** Double-CRLF pings received over TCP, and datagrams of blank lines over UDP. */
	keepAlives = 0
	/** Whether pings over TCP are answered (RFC 5626 3.5.1); a peer that does not may be taken for dead. */
	answersPings = true
	/** What came in and was no SIP message. */
	readonly malformed: { readonly reason: string; readonly from: WirePeer }[] = []
	readonly #udp: UdpSocket
	readonly #tcp: Server
	readonly #connections = new Map<string, Socket>()
	readonly #trace: WireOptions['trace']
	#onMessage: MessageHandler = () => {}
	#onConnectionEnd: (peer: WirePeer) => void = () => {}
	#closing: Promise<void> | undefined

	constructor(udp: UdpSocket, tcp: Server, trace?: WireOptions['trace']) {
		this.#udp = udp
		this.#tcp = tcp
		this.#trace = trace
		const address = udp.address()
		this.host = address.address
		this.port = address.port
		udp.on('message', (bytes, from) =>
			this.#receiveDatagram(bytes, { transport: 'udp', host: from.address, port: from.port }),
		)
		udp.on('error', () => {})
		tcp.on('connection', (socket) => this.#adopt(socket))
	}

	/** The one who gets every message; requests carry `received` and `rport` in their topmost Via already (RFC 3261 18.2.1, RFC 3581). */
	onMessage(handler: MessageHandler): void {
		this.#onMessage = handler
	}

	/** The one who is told of each TCP connection that has ended. */
	onConnectionEnd(handler: (peer: WirePeer) => void): void {
		this.#onConnectionEnd = handler
	}

	/** Whether something can be sent to that peer without connecting; always so over UDP. */
	isOpen(peer: WirePeer): boolean {
		const socket = this.#connections.get(connectionKey(peer))
		return peer.transport === 'udp' || (socket !== undefined && !socket.destroyed)
	}

	/** Sends, over TCP on the connection with that peer or on a new one. What cannot be delivered is lost, as with UDP. */
	send(message: SipMessage, to: WirePeer): void {
		// A port of 0 stands in many a hostile URI, and sockets throw at it; timers of a call may outlive the wire.
		if (this.#closing || to.port === 0) return
		this.#trace?.('out', message, to)
		const bytes = serializeMessage(message)
		if (to.transport === 'udp') this.#udp.send(bytes, to.port, to.host)
		else this.#connectionTo(to).write(bytes)
	}

	get openConnections(): number {
		return this.#connections.size
	}

	/** Cuts every TCP connection. */
	dropConnections(): void {
		for (const socket of this.#connections.values()) socket.destroy()
	}

	/** Closes the sockets; what is sent afterwards is lost. May be called again. */
	close(): Promise<void> {
		this.#closing ??= this.#close()
		return this.#closing
	}

	async #close(): Promise<void> {
		const closed = [once(this.#udp, 'close'), once(this.#tcp, 'close')]
		this.#udp.close()
		this.#tcp.close()
		this.dropConnections()
		await Promise.all(closed)
	}

	#connectionTo(peer: WirePeer): Socket {
		const known = this.#connections.get(connectionKey(peer))
		if (known && !known.destroyed) return known
		return this.#adopt(connectTcp({ host: peer.host, port: peer.port, localAddress: this.host }), peer)
	}

	#adopt(socket: Socket, target?: WirePeer): Socket {
		const peer = target ?? { transport: 'tcp', host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
		const framing = new SipFraming()
		const key = connectionKey(peer)
		this.#connections.set(key, socket)
		socket.setNoDelay(true)
		socket.on('data', (chunk) => {
			const { messages, pings } = framing.push(chunk)
			this.keepAlives += pings
			if (pings > 0 && this.answersPings) socket.write(PONG)
			for (const bytes of messages) this.#receive(bytes, peer)
			if (framing.isHopeless) socket.destroy()
		})
		socket.on('error', () => {})
		socket.on('close', () => {
			if (this.#connections.get(key) !== socket) return
			this.#connections.delete(key)
			this.#onConnectionEnd(peer)
		})
		return socket
	}

	#receiveDatagram(bytes: Buffer, from: WirePeer): void {
		if (bytes.toString('latin1').trim() === '') this.keepAlives++
		else this.#receive(bytes, from)
	}

	#receive(bytes: Uint8Array, from: WirePeer): void {
		const parsed = parseMessage(bytes)
		if (!parsed.ok) {
			this.malformed.push({ reason: parsed.error.detail, from })
			return
		}
		const { message } = parsed
		if (message.kind === 'request') stampSource(message, from)
		this.#trace?.('in', message, from)
		this.#onMessage(message, from)
	}
}

/** Opens UDP and TCP on the same port of one address. */
export async function openSipWire(options: WireOptions = {}): Promise<SipWire> {
	const host = options.host ?? '127.0.0.1'
	for (let attempt = 1; ; attempt++) {
		const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
		const tcp = createServer()
		try {
			udp.bind(options.port ?? 0, host)
			await once(udp, 'listening')
			tcp.listen((udp.address() as AddressInfo).port, host)
			await once(tcp, 'listening')
			return new SipWire(udp, tcp, options.trace)
		} catch (error) {
			udp.close()
			if ((options.port ?? 0) !== 0 || attempt === PORT_ATTEMPTS) throw error
		}
	}
}

function stampSource(message: SipMessage, from: WirePeer): void {
	const via = topVia(message)
	if (!via) return
	const params = new Map(via.params)
	if (via.host !== from.host) params.set('received', from.host)
	if (params.has('rport')) params.set('rport', String(from.port))
	replaceTopVia(message.headers, formatVia({ ...via, params }))
}

function connectionKey(peer: WirePeer): string {
	return `${peer.host}:${peer.port}`
}
