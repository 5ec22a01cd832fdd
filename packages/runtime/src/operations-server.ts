import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HealthRegistry } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface OperationsOptions {
	readonly host: string
	/** 0 lets the system choose. */
	readonly port: number
	readonly health: HealthRegistry
	readonly metrics: Metrics
}

export interface OperationsServer {
	/** `http://host:port`, without a slash at the end. */
	readonly url: string
	readonly host: string
	readonly port: number
	close(): Promise<void>
}

interface Reply {
	readonly status: number
	readonly contentType: string
	readonly body: string
}

/** How long a request may take to arrive, milliseconds; nothing here has a body. */
const REQUEST_MS = 5000
const CONNECTIONS = 64

/**
 * Serves those who run the process, on a port of their own: `/healthz` it is alive, `/readyz` work can be done (503 where it cannot),
 * `/metrics` for Prometheus. No credential is asked for: the address is to be reached by operators alone.
 *
 * @throws Error when the address cannot be had.
 */
export async function startOperationsServer(options: OperationsOptions): Promise<OperationsServer> {
	const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
		replyTo(options, request).then(
			(reply) => send(response, reply),
			() => send(response, json(500, { status: 'failed' })),
		)
	})
	server.maxConnections = CONNECTIONS
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject)
		server.listen(options.port, options.host, resolve)
	})
	const { address, family, port } = server.address() as AddressInfo
	return {
		host: address,
		port,
		url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
}

async function replyTo({ health, metrics }: OperationsOptions, { method, url }: IncomingMessage): Promise<Reply> {
	if (method !== 'GET' && method !== 'HEAD') return json(405, { title: 'Only GET and HEAD are answered', status: 405 })
	switch (url?.split('?')[0]) {
		case '/healthz':
			return json(200, { status: 'alive' })
		case '/readyz': {
			const readiness = await health.ready()
			return json(readiness.status === 'not-ready' ? 503 : 200, readiness)
		}
		case '/metrics': {
			const { contentType, body } = await metrics.expose()
			return { status: 200, contentType, body }
		}
		default:
			return json(404, { title: 'There is no such page', status: 404 })
	}
}

function json(status: number, body: object): Reply {
	const contentType = status === 404 || status === 405 ? 'application/problem+json' : 'application/json'
	return { status, contentType, body: JSON.stringify(body) }
}

function send(response: ServerResponse, { status, contentType, body }: Reply): void {
	response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
	response.end(response.req.method === 'HEAD' ? undefined : body)
}
