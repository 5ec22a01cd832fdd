import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { MAX_FRAGMENTS, openWebSocketFlow, SUBPROTOCOL } from '../connection/web-socket-connection.ts'
import type { KeepAliveOptions, ListenOptions } from '../listen-options.ts'
import type { TransportContext } from '../transport-context.ts'
import type { AcceptedConnections } from './accepted-connections.ts'

/** Turns HTTP upgrade requests into flows (RFC 6455 4.2, RFC 7118 4). */
export class WebSocketUpgrade {
	readonly #options: ListenOptions & { readonly transport: 'ws' | 'wss' }
	readonly #accepted: AcceptedConnections
	readonly #keepAlive: KeepAliveOptions | undefined
	readonly #context: TransportContext
	readonly #webSockets: WebSocketServer

	constructor(
		options: ListenOptions & { readonly transport: 'ws' | 'wss' },
		accepted: AcceptedConnections,
		keepAlive: KeepAliveOptions | undefined,
		context: TransportContext,
	) {
		this.#options = options
		this.#accepted = accepted
		this.#keepAlive = keepAlive
		this.#context = context
		this.#webSockets = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			maxPayload: context.limits.maxMessageBytes,
			maxFragments: MAX_FRAGMENTS,
			handleProtocols: () => SUBPROTOCOL,
		})
	}

	/** Whether the request is for our path. */
	matches(request: IncomingMessage): boolean {
		const { path = this.#options.server ? '/' : undefined } = this.#options
		return path === undefined || pathOf(request) === path
	}

	/** Answers the upgrade; a connection without the subprotocol or from a foreign origin is refused. */
	accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
		const { origins, transport } = this.#options
		const { origin } = request.headers
		if (origins && origin !== undefined && !origins.includes(origin)) {
			this.refuse(socket, 403)
			return
		}
		if (!offersSip(request)) {
			this.refuse(socket, 400)
			return
		}
		this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
			const flow = openWebSocketFlow(webSocket, socket, this.#context.intake, {
				transport,
				direction: 'inbound',
				keepAlive: this.#keepAlive,
				context: this.#context,
				remote: this.#context.proxied.remoteOf(socket),
			})
			this.#accepted.add(flow, socket)
		})
	}

	/** Answers with a status and ends the connection. */
	refuse(socket: Duplex, status: number): void {
		this.#context.intake.counters[this.#options.transport].connectionsRefused++
		socket.on('error', () => {})
		socket.once('finish', () => socket.destroy())
		socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
	}
}

function pathOf(request: IncomingMessage): string {
	return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

function offersSip(request: IncomingMessage): boolean {
	const offered = request.headers['sec-websocket-protocol'] ?? ''
	return offered.split(',').some((protocol) => protocol.trim().toLowerCase() === SUBPROTOCOL)
}
