import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { ConnectionFlow } from '../connection/connection-flow.ts'
import { toTransportError } from '../connection/socket-error.ts'
import { MAX_FRAGMENTS, openWebSocketFlow, SUBPROTOCOL } from '../connection/web-socket-connection.ts'
import type { ConnectOptions, KeepAliveOptions } from '../listen-options.ts'
import type { TransportContext } from '../transport-context.ts'
import { TransportError } from '../transport-error.ts'
import { clientTlsOptions } from './client-tls.ts'

/** Opens a WebSocket connection with the subprotocol `sip` (RFC 7118 4). Rejects with TransportError. */
export function connectWebSocket(
	options: ConnectOptions & { readonly transport: 'ws' | 'wss' },
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): Promise<ConnectionFlow> {
	const { transport, timeoutMs = context.limits.setupTimeoutMs } = options
	return new Promise((resolve, reject) => {
		const webSocket = new WebSocket(urlOf(options), SUBPROTOCOL, clientOptions(options, context))
		let socket: Socket | undefined
		const timer = context.clock.setTimer(timeoutMs, () => {
			reject(new TransportError('timeout', `no connection within ${timeoutMs} ms`))
			webSocket.terminate()
		})
		webSocket.once('upgrade', (response) => {
			socket = response.socket
		})
		webSocket.once('unexpected-response', (_request, response: IncomingMessage) => {
			reject(new TransportError('upgrade-refused', `the server answered ${response.statusCode} to the upgrade`))
			webSocket.terminate()
		})
		// This listener stays: errors of an attempt that was given up have nobody to tell.
		webSocket.on('error', (error) => reject(handshakeError(error)))
		webSocket.once('close', () => context.clock.clearTimer(timer))
		webSocket.once('open', () => {
			context.clock.clearTimer(timer)
			const flowOptions = { transport, direction: 'outbound', keepAlive, context } as const
			if (socket) resolve(openWebSocketFlow(webSocket, socket, context.intake, flowOptions))
		})
	})
}

/** The URL has the name that is verified and sent as Host; the connection goes to `host` all the same. */
function urlOf({ transport, host, port, tls, path = '/' }: ConnectOptions): string {
	const name = tls?.servername ?? host
	return `${transport}://${isIPv6(name) ? `[${name}]` : name}:${port}${path}`
}

function clientOptions(options: ConnectOptions, context: TransportContext): ClientOptions {
	const { host, transport, tls, localHost, localPort } = options
	return {
		perMessageDeflate: false,
		maxPayload: context.limits.maxMessageBytes,
		maxFragments: MAX_FRAGMENTS,
		...(transport === 'wss' ? clientTlsOptions(tls) : {}),
		...(isIP(host) === 0 ? {} : { lookup: always(host) }),
		...(localHost === undefined ? {} : { localAddress: localHost }),
		...(localPort === undefined ? {} : { localPort }),
	}
}

function always(address: string): LookupFunction {
	const family = isIPv6(address) ? 6 : 4
	return (_name, lookupOptions, done) => {
		if (lookupOptions.all) done(null, [{ address, family }])
		else done(null, address, family)
	}
}

function handshakeError(error: Error): TransportError {
	const known = toTransportError(error)
	return known.code === 'socket-error' ? new TransportError('upgrade-refused', error.message, error) : known
}
