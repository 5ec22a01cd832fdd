import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '@vigil/runtime'
import type { Address } from '../flow.ts'
import type { StreamServer, StreamSocket } from '../network/network.ts'
import { addressOf, plainHost } from '../socket-address.ts'
import { readProxyHeader } from './proxy-header.ts'

export interface ProxiedPeersOptions {
	/** Whether what a peer at this address says of the source of its connections is believed; undefined where none is. */
	readonly isTrusted: ((host: string) => boolean) | undefined
	/** How long a header may take, milliseconds. */
	readonly headerTimeoutMs: number
	readonly clock: Clock
	/** A header could not be read, or did not come in time. */
	readonly onRefused: () => void
}

/** Knows who is behind the connections that trusted proxies make (PROXY protocol, versions 1 and 2). */
export class ProxiedPeers {
	readonly #options: ProxiedPeersOptions
	/** By address and port of the proxy's socket, which a TLS socket and the one below it have in common. */
	readonly #sources = new Map<string, Address>()

	constructor(options: ProxiedPeersOptions) {
		this.#options = options
	}

	/** Where the connection comes from: the peer itself, or whom a trusted one names. */
	remoteOf(socket: StreamSocket): Address {
		return this.#sources.get(keyOf(socket)) ?? addressOf(socket.remoteAddress, socket.remotePort)
	}

	/** The server to bind for `inner`, which gets its connections when their headers have been read; itself where no proxy is trusted. */
	front<Inner extends StreamServer>(inner: Inner, options: { readonly allowHalfOpen: boolean }): Inner | Server {
		const { isTrusted } = this.#options
		if (!isTrusted) return inner
		const front = createServer({ ...options, noDelay: true, keepAlive: true }, (socket) => {
			const handOver = () => inner.emit('connection', socket)
			if (isTrusted(plainHost(socket.remoteAddress ?? ''))) this.#readHeader(socket, handOver)
			else handOver()
		})
		// An HTTP server watches the times of its connections from then on.
		front.on('listening', () => inner.emit('listening'))
		front.on('close', () => inner.close())
		return front
	}

	#readHeader(socket: Socket, handOver: () => void): void {
		const { clock, headerTimeoutMs, onRefused } = this.#options
		let bytes: Buffer = Buffer.alloc(0)
		const refuse = () => {
			onRefused()
			socket.destroy()
		}
		const timer = clock.setTimer(headerTimeoutMs, refuse)
		const onError = () => socket.destroy()
		const onClose = () => clock.clearTimer(timer)
		const onReadable = () => {
			for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) bytes = Buffer.concat([bytes, chunk])
			const header = readProxyHeader(bytes)
			if (header.kind === 'more') return
			clock.clearTimer(timer)
			socket.removeListener('readable', onReadable)
			if (header.kind === 'bad') return refuse()
			if (header.kind === 'header' && header.source) this.#remember(socket, header.source)
			const rest = header.kind === 'header' ? bytes.subarray(header.length) : bytes
			if (rest.length > 0) socket.unshift(rest)
			// The stream leaves the mode of `readable` in the next turn.
			setImmediate(() => {
				socket.removeListener('error', onError)
				socket.removeListener('close', onClose)
				if (socket.destroyed) return
				handOver()
			})
		}
		socket.on('error', onError)
		socket.on('close', onClose)
		socket.on('readable', onReadable)
	}

	#remember(socket: Socket, source: Address): void {
		const key = keyOf(socket)
		this.#sources.set(key, source)
		socket.once('close', () => this.#sources.delete(key))
	}
}

function keyOf(socket: StreamSocket): string {
	return `${socket.remoteAddress} ${socket.remotePort}`
}
