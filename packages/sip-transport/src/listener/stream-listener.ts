import type { Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { openStreamFlow } from '../connection/stream-connection.ts'
import type { KeepAliveOptions, Listener, ListenOptions } from '../listen-options.ts'
import type { StreamServer, StreamSocket } from '../network/network.ts'
import type { TransportContext } from '../transport-context.ts'
import { AcceptedConnections } from './accepted-connections.ts'
import { bindServer, boundAddress, closeServer, secureMaterial, serverTlsOptions } from './server-socket.ts'

/** Listens for TCP or TLS connections. Throws TransportError. */
export async function listenStream(
	options: ListenOptions & { readonly transport: 'tcp' | 'tls' },
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): Promise<Listener> {
	const { transport } = options
	const accepted = new AcceptedConnections(context, transport)
	const open = (socket: StreamSocket) => {
		if (socket.destroyed) return
		const remote = context.proxied.remoteOf(socket)
		const flow = openStreamFlow(socket, context.intake, { transport, direction: 'inbound', keepAlive, context, remote })
		accepted.add(flow, socket)
	}
	const tlsServer = transport === 'tls' ? createTls(options, accepted, open, context) : undefined
	const inner: StreamServer = tlsServer ?? createTcp(accepted, open, context)
	const server = context.proxied.front(inner, { allowHalfOpen: false })
	await bindServer(server, options)
	server.on('error', (error) => context.logger.warn({ err: error, transport }, 'a listening socket has failed'))
	return {
		transport,
		...boundAddress(server),
		setTls(tls) {
			if (!tlsServer) throw new TypeError('a TCP listener has no TLS')
			tlsServer.setSecureContext(secureMaterial(tls))
		},
		async close() {
			await Promise.all([closeServer(server), accepted.close()])
		},
	}
}

function createTcp(
	accepted: AcceptedConnections,
	open: (socket: StreamSocket) => void,
	{ network }: TransportContext,
): StreamServer {
	return network.createServer((socket) => {
		if (accepted.admit(socket)) open(socket)
	})
}

function createTls(
	options: ListenOptions,
	accepted: AcceptedConnections,
	open: (socket: StreamSocket) => void,
	context: TransportContext,
): TlsServer {
	const tlsOptions = serverTlsOptions(options.tls, context.limits)
	const server = createTlsServer({ ...tlsOptions, noDelay: true, keepAlive: true }, open)
	// Counted from the first packet: a handshake that never ends holds a place too.
	server.prependListener('connection', (socket: Socket) => accepted.admit(socket))
	server.on('tlsClientError', (error, socket) => {
		context.logger.debug({ err: error }, 'a TLS handshake has failed')
		socket.destroy()
	})
	return server
}
