import { EventEmitter } from 'node:events'

/** An address and port of the simulated network. */
export interface SimulatedAddress {
	readonly host: string
	readonly port: number
}

/** Carries what one end of a connection does to the other, later and in order; `bytes` when it is something written. */
export type Carry = (from: SimulatedStream, act: (to: SimulatedStream) => void, bytes?: Uint8Array) => void

/** An end of a simulated TCP connection, with the events and methods of `net.Socket` that a transport uses. */
export class SimulatedStream extends EventEmitter {
	readonly localAddress: string
	readonly localPort: number
	readonly remoteAddress: string
	readonly remotePort: number
	/** The network takes everything at once. */
	readonly writableLength = 0
	destroyed = false
	peer: SimulatedStream | undefined
	/** When what was sent last arrives: nothing overtakes it. */
	arrivesAtMs = 0
	readonly #carry: Carry
	readonly #gone: (stream: SimulatedStream) => void
	#ended = false

	constructor(
		local: SimulatedAddress,
		remote: SimulatedAddress,
		carry: Carry,
		gone: (stream: SimulatedStream) => void,
	) {
		super()
		this.localAddress = local.host
		this.localPort = local.port
		this.remoteAddress = remote.host
		this.remotePort = remote.port
		this.#carry = carry
		this.#gone = gone
	}

	write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean {
		if (this.destroyed || this.#ended) {
			const error = errorOf('EPIPE', 'the connection has ended')
			if (done) queueMicrotask(() => done(error))
			return false
		}
		// A copy, as a socket would make: the sender may reuse its buffer.
		const copy = Buffer.from(bytes)
		this.#carry(this, (to) => to.arrived(copy), copy)
		if (done) queueMicrotask(() => done())
		return true
	}

	end(): this {
		if (this.destroyed || this.#ended) return this
		this.#ended = true
		this.#carry(this, (to) => to.endedByPeer())
		return this
	}

	destroy(error?: Error): this {
		if (this.destroyed) return this
		this.#carry(this, (to) => to.resetByPeer())
		this.vanish(error)
		return this
	}

	/** Gone on this side; the other side is told nothing. */
	vanish(error?: Error): void {
		if (this.destroyed) return
		this.destroyed = true
		this.#gone(this)
		queueMicrotask(() => {
			if (error) this.emit('error', error)
			this.emit('close', error !== undefined)
		})
	}

	/** Gone with its process, which hears nothing any more. */
	abandon(): void {
		this.removeAllListeners()
		this.on('error', () => {})
		this.destroy()
	}

	arrived(bytes: Buffer): void {
		if (!this.destroyed) this.emit('data', bytes)
	}

	/** Half-open connections are not kept: our side ends as well, after what it has sent. */
	endedByPeer(): void {
		if (this.destroyed) return
		if (!this.#ended) this.end()
		this.vanish()
	}

	resetByPeer(): void {
		this.vanish(errorOf('ECONNRESET', 'the peer has reset the connection'))
	}
}

/** An error as Node tells those of sockets. */
export function errorOf(code: string, message: string): Error {
	return Object.assign(new Error(`${code}: ${message}`), { code })
}
