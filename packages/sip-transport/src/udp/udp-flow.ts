import { type Address, type Flow, type FlowCloseReason, formatAddress } from '../flow.ts'
import type { KeepAliveOptions } from '../listen-options.ts'
import { TransportError } from '../transport-error.ts'

/** What a flow needs of the socket that it shares with others. */
export interface UdpSocket {
	readonly host: string
	readonly port: number
	readonly closed: boolean
	localFor(remoteHost: string): Address
	flowTo(remote: Address, direction: 'inbound' | 'outbound'): UdpFlow
	forget(flow: UdpFlow): void
	send(bytes: Uint8Array, remote: Address, onFailure?: (error: TransportError) => void): void
	setKeepAlive(flow: UdpFlow, keepAlive: KeepAliveOptions | undefined): void
	onClose(fn: () => void): () => void
}

/** One remote address as seen from one of our UDP sockets. Holds no resource of its own; the socket is the listener's. */
export class UdpFlow implements Flow {
	readonly id: string
	readonly transport = 'udp'
	readonly reliable = false
	readonly secure = false
	readonly direction: 'inbound' | 'outbound'
	readonly local: Address
	readonly remote: Address
	readonly listener: UdpSocket
	readonly #closeListeners = new Set<(reason: FlowCloseReason) => void>()
	#closeReason: FlowCloseReason | undefined
	#unsubscribe: (() => void) | undefined

	constructor(listener: UdpSocket, remote: Address, direction: 'inbound' | 'outbound') {
		this.listener = listener
		this.local = listener.localFor(remote.host)
		this.remote = remote
		this.direction = direction
		this.id = `udp-${formatAddress({ host: listener.host, port: listener.port })}-${formatAddress(remote)}`
	}

	get closed(): boolean {
		return this.#closeReason !== undefined || this.listener.closed
	}

	send(bytes: Uint8Array, onFailure?: (error: TransportError) => void): void {
		if (this.#closeReason === undefined) this.listener.send(bytes, this.remote, onFailure)
		else if (onFailure) queueMicrotask(() => onFailure(new TransportError('flow-closed', 'the flow is closed')))
	}

	close(): void {
		this.#end('local')
		this.listener.forget(this)
	}

	onClose(fn: (reason: FlowCloseReason) => void): () => void {
		const reason = this.#closeReason ?? (this.listener.closed ? 'listener-closed' : undefined)
		if (reason !== undefined) {
			queueMicrotask(() => fn(reason))
			return () => {}
		}
		this.#closeListeners.add(fn)
		this.#unsubscribe ??= this.listener.onClose(() => this.#end('listener-closed'))
		return () => this.#forget(fn)
	}

	/** The flow from the same socket to another address. */
	toward(remote: Address): UdpFlow {
		return remote.host === this.remote.host && remote.port === this.remote.port
			? this
			: this.listener.flowTo(remote, 'outbound')
	}

	#forget(fn: (reason: FlowCloseReason) => void): void {
		this.#closeListeners.delete(fn)
		if (this.#closeListeners.size > 0) return
		this.#unsubscribe?.()
		this.#unsubscribe = undefined
	}

	#end(reason: FlowCloseReason): void {
		if (this.#closeReason !== undefined) return
		this.#closeReason = reason
		this.#unsubscribe?.()
		const listeners = [...this.#closeListeners]
		this.#closeListeners.clear()
		for (const listener of listeners) listener(reason)
	}
}
