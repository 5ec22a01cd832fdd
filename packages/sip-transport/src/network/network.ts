import type { Address } from '../flow.ts'

/** Where a datagram has come from, as a socket tells it. */
export interface DatagramSource {
	readonly address: string
	readonly port: number
}

/** A bound UDP socket. `dgram.Socket` is one as it is, so that nothing stands between it and a datagram. */
export interface DatagramSocket {
	address(): DatagramSource
	on(event: 'message', receive: (data: Buffer, from: DatagramSource) => void): unknown
	on(event: 'error', fail: (error: Error) => void): unknown
	/** Throws for a port or an address that is none; whatever else fails is told by `done`. */
	send(bytes: Uint8Array, port: number, host: string, done: (error: Error | null) => void): void
	close(done: () => void): unknown
}

/** A TCP connection: what the transport uses of `net.Socket`. */
export interface StreamSocket {
	readonly localAddress?: string | undefined
	readonly localPort?: number | undefined
	readonly remoteAddress?: string | undefined
	readonly remotePort?: number | undefined
	readonly destroyed: boolean
	/** Bytes that were written and that the system has not taken yet. */
	readonly writableLength: number
	on(event: 'data', receive: (chunk: Buffer) => void): unknown
	on(event: 'error', fail: (error: Error) => void): unknown
	on(event: 'close', closed: () => void): unknown
	once(event: 'data', receive: (chunk: Buffer) => void): unknown
	once(event: 'connect' | 'secureConnect' | 'close', fn: () => void): unknown
	write(bytes: Uint8Array, done?: (error?: Error | null) => void): unknown
	/** Ends the connection after what was written. */
	end(): unknown
	destroy(error?: Error): unknown
}

/** A listening TCP socket: what the transport uses of `net.Server`. */
export interface StreamServer {
	listen(options: Address & { readonly exclusive: boolean; readonly backlog?: number }, listening: () => void): unknown
	address(): { readonly address: string; readonly port: number } | string | null
	close(done?: () => void): unknown
	on(event: 'error', fail: (error: Error) => void): unknown
	once(event: 'error', fail: (error: Error) => void): unknown
	removeListener(event: 'error', fail: (error: Error) => void): unknown
	/** Hands it a connection that another socket has accepted, as `net.Server` takes one. */
	emit(event: 'connection', socket: StreamSocket): unknown
	emit(event: 'listening'): unknown
}

/** Where a TCP connection leads, and where it leaves from. */
export interface StreamTarget extends Address {
	readonly localAddress?: string
	readonly localPort?: number
}

/**
 * The network below the transport: UDP and TCP. The system's by default; a simulation has one in memory. TLS and WebSocket always
 * use the system's. Errors are those of Node, told by their `code` (`EADDRINUSE`, `ECONNREFUSED`, ...).
 */
export interface Network {
	/** Binds a UDP socket; port 0 lets the network choose. Rejects when it cannot. */
	bind(address: Address): Promise<DatagramSocket>
	/** Begins a TCP connection: `connect` or `error`, then `close`, are emitted later. */
	connect(target: StreamTarget): StreamSocket
	/** Makes a TCP server that is not listening yet. */
	createServer(accept: (socket: StreamSocket) => void): StreamServer
}
