import { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type ApiCertificate, buildApp, TLS_BOUNDS } from './app.ts'
import { keepCredentialSchedule } from './credentials/keep-schedule.ts'
import type { ControlApiDeps } from './deps.ts'
import { keepRetention } from './retention/keep-retention.ts'

export interface ListenOptions {
	readonly host: string
	/** 0 lets the system choose. */
	readonly port: number
	/** HTTPS with that certificate; plain HTTP when left out. */
	readonly tls?: ApiCertificate | undefined
}

export interface ControlApi {
	readonly app: FastifyInstance
	readonly host: string
	readonly port: number
	/** `http://host:port`, without a slash at the end. */
	readonly url: string
	/** Uses another certificate for connections from now on. Throws where it speaks plain HTTP. */
	setTls(tls: ApiCertificate): void
	/** Takes no new requests, answers those that it has, then closes. */
	close(): Promise<void>
}

/**
 * Builds the control API and listens; from then on the process also goes through unused credentials every hour. Rejects
 * when the address cannot be had.
 */
export async function startControlApi(deps: ControlApiDeps, { host, port, tls }: ListenOptions): Promise<ControlApi> {
	const app = await buildApp(deps, tls)
	try {
		await app.listen({ host, port })
	} catch (error) {
		await app.close()
		throw error
	}
	const schedule = keepCredentialSchedule(deps)
	const retention = keepRetention(deps)
	const address = app.server.address() as AddressInfo
	const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address
	return {
		app,
		host: address.address,
		port: address.port,
		url: `${tls ? 'https' : 'http'}://${shownHost}:${address.port}`,
		setTls: (renewed) => {
			if (!(app.server instanceof Server)) throw new TypeError('the control API speaks plain HTTP')
			app.server.setSecureContext({ ...renewed, ...TLS_BOUNDS })
		},
		close: async () => {
			await app.close()
			await Promise.all([schedule.stop(), retention.stop()])
		},
	}
}
