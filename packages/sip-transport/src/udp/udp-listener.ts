import { isIPv4, isIPv6 } from 'node:net'
import type { TimerHandle } from '@vigil/runtime'
import { BoundedMap } from '@vigil/sip'
import { toTransportError } from '../connection/socket-error.ts'
import { type Address, formatAddress } from '../flow.ts'
import type { KeepAliveOptions, Listener } from '../listen-options.ts'
import type { DatagramSocket, DatagramSource } from '../network/network.ts'
import { addressOf, isLoopback, isWildcard } from '../socket-address.ts'
import type { TransportContext } from '../transport-context.ts'
import { TransportError } from '../transport-error.ts'
import { isKeepAlive } from './datagram-kind.ts'
import { localAddresses } from './local-addresses.ts'
import { isStun, stunResponse } from './stun.ts'
import { UdpFlow, type UdpSocket } from './udp-flow.ts'

const PING = Buffer.from('\r\n\r\n')

/** A bound UDP socket with its flows. */
export class UdpListener implements Listener, UdpSocket {
	readonly transport = 'udp'
	readonly host: string
	readonly port: number
	readonly #socket: DatagramSocket
	readonly #context: TransportContext
	readonly #flows: BoundedMap<string, UdpFlow>
	readonly #keepAlives = new Map<string, TimerHandle>()
	readonly #closeListeners = new Set<() => void>()
	readonly #locals: { v4: string | undefined; v6: string | undefined }
	readonly #isIPv6: boolean
	#closed = false

	/** Binds a socket. Throws TransportError. */
	static async open(address: Address, context: TransportContext): Promise<UdpListener> {
		try {
			return new UdpListener(await context.network.bind(address), context)
		} catch (error) {
			throw toTransportError(error)
		}
	}

	private constructor(socket: DatagramSocket, context: TransportContext) {
		const bound = socket.address()
		this.host = bound.address
		this.port = bound.port
		this.#socket = socket
		this.#context = context
		this.#flows = new BoundedMap(context.limits.maxUdpFlows, () => this.#countFlow(-1))
		this.#locals = localAddresses()
		this.#isIPv6 = isIPv6(this.host)
		socket.on('message', (data, from) => this.#receive(data, from))
		socket.on('error', (error) => context.logger.warn({ err: error, port: this.port }, 'a UDP socket has failed'))
	}

	get closed(): boolean {
		return this.#closed
	}

	/** Whether this socket can send to an address of that family. */
	reaches(host: string): boolean {
		return isIPv4(host) ? isIPv4(this.host) || this.host === '::' : isIPv6(this.host)
	}

	/** The address of ours that the other side will see, as far as that is known without a NAT. */
	localFor(remoteHost: string): Address {
		if (!isWildcard(this.host)) return { host: this.host, port: this.port }
		const loopback = isLoopback(remoteHost)
		if (isIPv4(remoteHost)) return { host: (!loopback && this.#locals.v4) || '127.0.0.1', port: this.port }
		return { host: (!loopback && this.#locals.v6) || '::1', port: this.port }
	}

	/** The flow to that address, remembered up to a bound. */
	flowTo(remote: Address, direction: 'inbound' | 'outbound'): UdpFlow {
		const key = formatAddress(remote)
		const known = this.#flows.get(key)
		if (known) return known
		const flow = new UdpFlow(this, remote, direction)
		this.#flows.set(key, flow)
		this.#countFlow(1)
		return flow
	}

	/** Drops the remembered object of a flow. */
	forget(flow: UdpFlow): void {
		const key = formatAddress(flow.remote)
		if (this.#flows.get(key) === flow) this.#drop(key)
		this.setKeepAlive(flow, undefined)
	}

	send(bytes: Uint8Array, remote: Address, onFailure?: (error: TransportError) => void): void {
		if (this.#closed) {
			queueMicrotask(() => this.#failed(new TransportError('flow-closed', 'the socket is closed'), onFailure))
			return
		}
		const counters = this.#context.intake.counters.udp
		counters.messagesOut++
		counters.bytesOut += bytes.length
		this.#transmit(bytes, remote, onFailure)
	}

	/** Sends a double CRLF again and again, so that NATs keep the binding; a server does not answer it over UDP. */
	setKeepAlive(flow: UdpFlow, keepAlive: KeepAliveOptions | undefined): void {
		const { clock } = this.#context
		const pending = this.#keepAlives.get(flow.id)
		if (pending) clock.clearTimer(pending)
		this.#keepAlives.delete(flow.id)
		if (!keepAlive || this.#closed) return
		const delayMs = keepAlive.intervalMs * (0.8 + 0.2 * this.#context.random())
		const timer = clock.setTimer(delayMs, () => {
			this.#context.intake.counters.udp.pingsOut++
			this.#transmit(PING, flow.remote)
			this.setKeepAlive(flow, keepAlive)
		})
		this.#keepAlives.set(flow.id, timer)
	}

	onClose(fn: () => void): () => void {
		this.#closeListeners.add(fn)
		return () => this.#closeListeners.delete(fn)
	}

	setTls(): never {
		throw new TypeError('a UDP listener has no TLS')
	}

	async close(): Promise<void> {
		if (this.#closed) return
		this.#closed = true
		for (const timer of this.#keepAlives.values()) this.#context.clock.clearTimer(timer)
		this.#keepAlives.clear()
		for (const key of [...this.#flows.keys()]) this.#drop(key)
		for (const listener of [...this.#closeListeners]) listener()
		await new Promise<void>((resolve) => this.#socket.close(resolve))
	}

	#transmit(bytes: Uint8Array, remote: Address, onFailure?: (error: TransportError) => void): void {
		const host = this.#isIPv6 && isIPv4(remote.host) ? `::ffff:${remote.host}` : remote.host
		try {
			this.#socket.send(bytes, remote.port, host, (error) => {
				if (error) this.#failed(error, onFailure)
			})
		} catch (error) {
			// A port or address out of range is thrown, not reported.
			queueMicrotask(() => this.#failed(error, onFailure))
		}
	}

	#failed(error: unknown, onFailure?: (error: TransportError) => void): void {
		this.#context.intake.counters.udp.sendFailures++
		onFailure?.(toTransportError(error))
	}

	#receive(data: Buffer, from: DatagramSource): void {
		if (this.#closed) return
		const { intake } = this.#context
		intake.counters.udp.bytesIn += data.length
		if (intake.takeResponse(data, 'udp')) return
		const source = addressOf(from.address, from.port)
		if (isKeepAlive(data)) intake.counters.udp.pingsIn++
		else if (isStun(data)) this.#respondToStun(data, source)
		else intake.receive(data, this.flowTo(source, 'inbound'))
	}

	#respondToStun(data: Buffer, source: Address): void {
		const response = stunResponse(data, source)
		const { intake } = this.#context
		if (!response || !intake.mayRespondToKeepAlive(this.flowTo(source, 'inbound'), response.length, data.length)) return
		const counters = intake.counters.udp
		counters.pingsIn++
		counters.pongsOut++
		this.#transmit(response, source)
	}

	#drop(key: string): void {
		if (this.#flows.delete(key)) this.#countFlow(-1)
	}

	#countFlow(change: 1 | -1): void {
		const counters = this.#context.intake.counters.udp
		counters.openFlows += change
		if (change > 0) counters.flowsOpened++
		else counters.flowsClosed++
	}
}
