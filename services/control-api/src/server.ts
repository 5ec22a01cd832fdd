import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { keepCredentialSchedule } from './credentials/keep-schedule.ts'
import type { ControlApiDeps } from './deps.ts'

export interface ListenOptions {
	readonly host: string
	/** 0 lets the system choose. */
	readonly port: number
}

export interface ControlApi {
	readonly app: FastifyInstance
	readonly host: string
	readonly port: number
	/** `http://host:port`, without a slash at the end. */
	readonly url: string
	/** Takes no new requests, answers those that it has, then closes. */
	close(): Promise<void>
}

/**
 * Builds the control API and listens; from then on the process also goes through unused credentials every hour. Rejects
 * when the address cannot be had.
 */
export async function startControlApi(deps: ControlApiDeps, { host, port }: ListenOptions): Promise<ControlApi> {
	const app = await buildApp(deps)
	try {
		await app.listen({ host, port })
	} catch (error) {
		await app.close()
		throw error
	}
	const schedule = keepCredentialSchedule(deps)
	const address = app.server.address() as AddressInfo
	const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address
	return {
		app,
		host: address.address,
		port: address.port,
		url: `http://${shownHost}:${address.port}`,
		close: async () => {
			await app.close()
			await schedule.stop()
		},
	}
}
