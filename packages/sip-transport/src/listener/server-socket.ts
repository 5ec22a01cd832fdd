import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import { toTransportError } from '../connection/socket-error.ts'
import type { Address } from '../flow.ts'
import type { TransportLimits } from '../limits.ts'
import type { ListenOptions } from '../listen-options.ts'
import type { StreamServer } from '../network/network.ts'
import { plainHost } from '../socket-address.ts'
import type { ServerTls } from '../tls-options.ts'

/** Binds a server. Throws TransportError. */
export async function bindServer(server: StreamServer, options: ListenOptions): Promise<void> {
	const { host = '0.0.0.0', port = 0, backlog } = options
	await new Promise<void>((resolve, reject) => {
		const onError = (error: Error) => reject(toTransportError(error))
		server.once('error', onError)
		server.listen({ host, port, exclusive: true, ...(backlog === undefined ? {} : { backlog }) }, () => {
			server.removeListener('error', onError)
			resolve()
		})
	})
}

/** Where a server is bound; port 0 when it is not. */
export function boundAddress(server: StreamServer): Address {
	const address = server.address()
	if (address === null || typeof address === 'string') return { host: '', port: 0 }
	return { host: plainHost(address.address), port: address.port }
}

/** Stops accepting; resolves when every socket is gone. */
export function closeServer(server: StreamServer): Promise<void> {
	return new Promise((resolve) => server.close(() => resolve()))
}

/** Options of a TLS server. Throws an Error when certificate and key do not fit. */
export function serverTlsOptions(tls: ServerTls | undefined, limits: TransportLimits): TlsOptions {
	if (!tls) throw new TypeError('a TLS listener needs a certificate')
	const material = secureMaterial(tls)
	createSecureContext(material)
	const clients = tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }
	return { ...material, ...clients, handshakeTimeout: limits.setupTimeoutMs }
}

/** What `setSecureContext` takes. */
export function secureMaterial(tls: ServerTls): SecureContextOptions {
	const { cert, key, clientCa, minVersion = 'TLSv1.2' } = tls
	const pem = (value: string | Uint8Array) => (typeof value === 'string' ? value : Buffer.from(value))
	return {
		cert: pem(cert),
		key: pem(key),
		minVersion,
		...(clientCa === undefined ? {} : { ca: pem(clientCa) }),
	}
}
