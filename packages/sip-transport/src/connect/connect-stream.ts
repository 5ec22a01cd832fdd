import { isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { ConnectionFlow } from '../connection/connection-flow.ts'
import { toTransportError } from '../connection/socket-error.ts'
import { openStreamFlow } from '../connection/stream-connection.ts'
import type { ConnectOptions, KeepAliveOptions } from '../listen-options.ts'
import type { StreamSocket, StreamTarget } from '../network/network.ts'
import type { TransportContext } from '../transport-context.ts'
import { TransportError } from '../transport-error.ts'
import { clientTlsOptions } from './client-tls.ts'

/** Opens a TCP or TLS connection. Rejects with TransportError. */
export function connectStream(
	options: ConnectOptions & { readonly transport: 'tcp' | 'tls' },
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): Promise<ConnectionFlow> {
	const { transport, timeoutMs = context.limits.setupTimeoutMs } = options
	return new Promise((resolve, reject) => {
		const socket: StreamSocket =
			transport === 'tls' ? connectTls(tlsOptions(options)) : context.network.connect(streamTarget(options))
		const timer = context.clock.setTimer(timeoutMs, () => {
			socket.destroy(new TransportError('timeout', `no connection within ${timeoutMs} ms`))
		})
		// These stay for the life of the socket: a settled promise takes no notice, and no error is ever without a listener.
		socket.on('error', (error) => reject(toTransportError(error)))
		socket.on('close', () => {
			context.clock.clearTimer(timer)
			reject(new TransportError('flow-closed', 'closed during set-up'))
		})
		// Opened within the event, so that nothing the server sends first is missed.
		socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
			context.clock.clearTimer(timer)
			resolve(openStreamFlow(socket, context.intake, { transport, direction: 'outbound', keepAlive, context }))
		})
	})
}

function streamTarget({ host, port, localHost, localPort }: ConnectOptions): StreamTarget {
	return {
		host,
		port,
		...(localHost === undefined ? {} : { localAddress: localHost }),
		...(localPort === undefined ? {} : { localPort }),
	}
}

function tlsOptions(options: ConnectOptions): ConnectionOptions {
	const { host, tls } = options
	const servername = tls?.servername ?? host
	// A name is sent and verified; an address cannot be sent (RFC 6066 3), and is verified as the host.
	const name = isIP(servername) === 0 ? { servername } : {}
	const quick = { noDelay: true, keepAlive: true }
	return { ...streamTarget(options), ...quick, ...clientTlsOptions(tls), ...name }
}
