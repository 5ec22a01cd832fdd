import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { KeepAliveOptions, Listener, ListenOptions } from '../listen-options.ts'
import type { TransportContext } from '../transport-context.ts'
import { AcceptedConnections } from './accepted-connections.ts'
import { bindServer, boundAddress, closeServer, secureMaterial, serverTlsOptions } from './server-socket.ts'
import { WebSocketUpgrade } from './web-socket-upgrade.ts'

type WebSocketListenOptions = ListenOptions & { readonly transport: 'ws' | 'wss' }

/** Listens for WebSocket connections (RFC 7118) on a port of its own or on a shared HTTP server. Throws TransportError. */
export async function listenWebSocket(
	options: WebSocketListenOptions,
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): Promise<Listener> {
	const accepted = new AcceptedConnections(context, options.transport)
	const upgrade = new WebSocketUpgrade(options, accepted, keepAlive, context)
	return options.server
		? shareServer(options.server, options, upgrade, accepted)
		: await openServer(options, upgrade, accepted, context)
}

async function openServer(
	options: WebSocketListenOptions,
	upgrade: WebSocketUpgrade,
	accepted: AcceptedConnections,
	context: TransportContext,
): Promise<Listener> {
	const { transport } = options
	const server = createOwnServer(options, context)
	server.prependListener('connection', (socket: Socket) => accepted.admit(socket))
	server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		if (upgrade.matches(request)) upgrade.accept(request, socket as Socket, head)
		else upgrade.refuse(socket, 404)
	})
	// Node's HTTP servers take half-closed connections.
	const front = context.proxied.front(server, { allowHalfOpen: true })
	await bindServer(front, options)
	front.on('error', (error) => context.logger.warn({ err: error, transport }, 'a listening socket has failed'))
	return {
		transport,
		...boundAddress(front),
		setTls(tls) {
			if (!(server instanceof HttpsServer)) throw new TypeError('a WS listener has no TLS')
			server.setSecureContext(secureMaterial(tls))
		},
		async close() {
			await Promise.all([closeServer(front), accepted.close()])
		},
	}
}

function createOwnServer(options: WebSocketListenOptions, context: TransportContext): HttpServer | HttpsServer {
	const { setupTimeoutMs } = context.limits
	const timeouts = {
		headersTimeout: setupTimeoutMs,
		requestTimeout: setupTimeoutMs,
		connectionsCheckingInterval: Math.max(100, setupTimeoutMs / 2),
		noDelay: true,
		keepAlive: true,
	}
	if (options.transport === 'ws') return createServer(timeouts, respondToPlainRequest)
	const server = createHttpsServer(
		{ ...serverTlsOptions(options.tls, context.limits), ...timeouts },
		respondToPlainRequest,
	)
	server.on('tlsClientError', (error, socket) => {
		context.logger.debug({ err: error }, 'a TLS handshake has failed')
		socket.destroy()
	})
	return server
}

/** This port speaks nothing but WebSocket (RFC 9110 15.5.22). */
function respondToPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
	response.writeHead(426, { Connection: 'Upgrade, close', Upgrade: 'websocket' }).end()
}

function shareServer(
	server: HttpServer | HttpsServer,
	options: WebSocketListenOptions,
	upgrade: WebSocketUpgrade,
	accepted: AcceptedConnections,
): Listener {
	const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		if (upgrade.matches(request)) {
			if (accepted.admit(socket as Socket)) upgrade.accept(request, socket as Socket, head)
		} else if (server.listenerCount('upgrade') === 1) upgrade.refuse(socket, 404)
	}
	server.on('upgrade', onUpgrade)
	return {
		transport: options.transport,
		get host() {
			return boundAddress(server).host
		},
		get port() {
			return boundAddress(server).port
		},
		setTls() {
			throw new TypeError('the certificate of a shared server is its owner’s')
		},
		async close() {
			server.removeListener('upgrade', onUpgrade)
			await accepted.close()
		},
	}
}
