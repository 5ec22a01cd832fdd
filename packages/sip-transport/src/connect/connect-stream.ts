import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { ConnectionFlow } from '../connection/connection-flow.ts'
import { toTransportError } from '../connection/socket-error.ts'
import { openStreamFlow } from '../connection/stream-connection.ts'
import type { ConnectOptions, KeepAliveOptions } from '../listen-options.ts'
import type { TransportContext } from '../transport-context.ts'
import { TransportError } from '../transport-error.ts'
import { clientTlsOptions } from './client-tls.ts'

/** Opens a TCP or TLS connection. Rejects with TransportError. */
export async function connectStream(
	options: ConnectOptions & { readonly transport: 'tcp' | 'tls' },
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): Promise<ConnectionFlow> {
	const { transport, timeoutMs = context.limits.setupTimeoutMs } = options
	const socket = transport === 'tls' ? connectTls(tlsOptions(options)) : connectTcp(tcpOptions(options))
	await new Promise<void>((resolve, reject) => {
		const timer = context.clock.setTimer(timeoutMs, () => {
			socket.destroy(new TransportError('timeout', `no connection within ${timeoutMs} ms`))
		})
		const settle = (outcome: () => void) => {
			context.clock.clearTimer(timer)
			socket.removeListener('error', onError)
			socket.removeListener('close', onClose)
			outcome()
		}
		const onError = (error: Error) => {
			// Errors after the first one have nobody to tell.
			socket.on('error', () => {})
			settle(() => reject(toTransportError(error)))
		}
		const onClose = () => settle(() => reject(new TransportError('flow-closed', 'closed during set-up')))
		socket.once('error', onError)
		socket.once('close', onClose)
		socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => settle(resolve))
	})
	return openFlow(socket, options, keepAlive, context)
}

function openFlow(
	socket: Socket,
	{ transport }: ConnectOptions & { readonly transport: 'tcp' | 'tls' },
	keepAlive: KeepAliveOptions | undefined,
	context: TransportContext,
): ConnectionFlow {
	return openStreamFlow(socket, context.intake, { transport, direction: 'outbound', keepAlive, context })
}

function tcpOptions({ host, port, localHost, localPort }: ConnectOptions) {
	return {
		host,
		port,
		noDelay: true,
		keepAlive: true,
		...(localHost === undefined ? {} : { localAddress: localHost }),
		...(localPort === undefined ? {} : { localPort }),
	}
}

function tlsOptions(options: ConnectOptions): ConnectionOptions {
	const { host, tls } = options
	const servername = tls?.servername ?? host
	// A name is sent and verified; an address cannot be sent (RFC 6066 3), and is verified as the host.
	const name = isIP(servername) === 0 ? { servername } : {}
	return { ...tcpOptions(options), ...clientTlsOptions(tls), ...name }
}
