import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { realClock } from '@vigil/runtime'
import { type CertificateAuthority, testAuthority } from './certificates.ts'
import {
	type FcmErrorCode,
	type FcmErrorResponse,
	fcmError,
	notFoundError,
	unauthenticatedError,
} from './fcm-errors.ts'
import { refusalOfMessage } from './fcm-rules.ts'
import { PlannedResponses } from './planned-responses.ts'

/**
 * What the server does with a request: `accept`; `refuse` with FCM's wording of the code; `unauthenticated` as
 * for an outdated access token; `silence` never answers; `drop` cuts the connection.
 */
export type FcmResponse =
	| { readonly kind: 'accept'; readonly delayMs?: number }
	| {
			readonly kind: 'refuse'
			readonly code: FcmErrorCode
			readonly retryAfterSeconds?: number
			readonly delayMs?: number
	  }
	| { readonly kind: 'unauthenticated' }
	| { readonly kind: 'silence' }
	| { readonly kind: 'drop' }

export interface FcmMessage {
	readonly token?: string
	readonly data?: Record<string, string>
	readonly notification?: object
	readonly android?: { priority?: string; ttl?: string; collapse_key?: string; data?: Record<string, string> }
}

export interface FcmRequest {
	readonly atMs: number
	readonly projectId: string
	readonly token: string
	readonly headers: IncomingHttpHeaders
	readonly accessToken: string | undefined
	readonly message: FcmMessage | undefined
	/** Counts the connections of this server from 1. */
	readonly connection: number
	/** HTTP status it was answered with; undefined while, or because, there was none. */
	status?: number
}

export interface FcmServerOptions {
	readonly host?: string
	readonly port?: number
	readonly authority?: CertificateAuthority
	/** When given, requests with another access token are refused as unauthenticated. */
	readonly accessToken?: string
}

/** An FCM of our own: `POST /v1/projects/<id>/messages:send` over HTTPS on loopback, with Google's answers. */
export class FcmServer {
	readonly requests: FcmRequest[] = []
	/** PEM certificate to trust. */
	readonly ca: string
	readonly #server: Server
	readonly #planned = new PlannedResponses<FcmResponse>()
	readonly #sockets = new Map<Socket, number>()
	readonly #accessToken: string | undefined
	#connections = 0
	#messages = 0

	constructor(server: Server, ca: string, accessToken: string | undefined) {
		this.#server = server
		this.ca = ca
		this.#accessToken = accessToken
		server.on('secureConnection', (socket) => this.#onConnection(socket))
		server.on('request', (request, response) => void this.#onRequest(request, response))
	}

	get host(): string {
		return (this.#server.address() as AddressInfo).address
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port
	}

	/** `host:port`, as the `endpoint` of a push app. */
	get endpoint(): string {
		return `${this.host}:${this.port}`
	}

	get openConnections(): number {
		return this.#sockets.size
	}

	/** Requests that were answered with 200. */
	get accepted(): FcmRequest[] {
		return this.requests.filter((request) => request.status === 200)
	}

	respondToToken(token: string, planned: FcmResponse): void {
		this.#planned.forToken(token, planned)
	}

	respondNext(planned: FcmResponse, count = 1): void {
		this.#planned.forNext(planned, count)
	}

	/** Accepts everything well-formed again. */
	respondToAll(): void {
		this.#planned.clear()
	}

	/** Cuts every connection without a word. */
	dropConnections(): void {
		for (const socket of this.#sockets.keys()) socket.destroy()
	}

	async close(): Promise<void> {
		const closed = once(this.#server, 'close')
		this.#server.close()
		this.dropConnections()
		await closed
	}

	#onConnection(socket: Socket): void {
		this.#sockets.set(socket, ++this.#connections)
		socket.on('close', () => this.#sockets.delete(socket))
		// A peer that vanishes is what some tests do on purpose.
		socket.on('error', () => {})
	}

	async #onRequest(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		const projectId = projectOf(incoming)
		const message = parseMessage(await readBody(incoming))
		const request: FcmRequest = {
			atMs: realClock.now(),
			projectId: projectId ?? '',
			token: message?.token ?? '',
			headers: incoming.headers,
			accessToken: /^Bearer (\S+)$/i.exec(incoming.headers.authorization ?? '')?.[1],
			message,
			connection: this.#sockets.get(incoming.socket) ?? this.#connections,
		}
		this.requests.push(request)
		if (projectId === undefined) refuse(response, request, notFoundError(incoming.url ?? ''))
		else if (!this.#isAuthenticated(request)) refuse(response, request, unauthenticatedError())
		else this.#respond(response, request)
	}

	#isAuthenticated(request: FcmRequest): boolean {
		return request.accessToken !== undefined && request.accessToken === (this.#accessToken ?? request.accessToken)
	}

	#respond(response: ServerResponse, request: FcmRequest): void {
		const planned = this.#planned.take(request.token) ?? { kind: 'accept' }
		if (planned.kind === 'drop') response.socket?.destroy()
		else if (planned.kind === 'unauthenticated') refuse(response, request, unauthenticatedError())
		else if (planned.kind === 'refuse') afterDelay(planned.delayMs, () => refuseByCode(response, request, planned))
		else if (planned.kind === 'accept') afterDelay(planned.delayMs, () => this.#accept(response, request))
	}

	#accept(response: ServerResponse, request: FcmRequest): void {
		const refusal = refusalOfMessage(request.message)
		if (refusal) refuse(response, request, refusal)
		else respond(response, request, 200, { name: `projects/${request.projectId}/messages/0:${++this.#messages}` })
	}
}

/** Starts the server; the port is free to choose by default. */
export async function startFcmServer(options: FcmServerOptions = {}): Promise<FcmServer> {
	const authority = options.authority ?? (await testAuthority())
	const certificate = await authority.issue(['fcm.googleapis.com', 'localhost', '127.0.0.1'])
	const server = createServer({ ...certificate, keepAliveTimeout: 60_000 })
	server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
	await once(server, 'listening')
	return new FcmServer(server, authority.cert, options.accessToken)
}

function refuseByCode(
	response: ServerResponse,
	request: FcmRequest,
	planned: { code: FcmErrorCode; retryAfterSeconds?: number },
): void {
	if (planned.retryAfterSeconds !== undefined) response.setHeader('retry-after', planned.retryAfterSeconds)
	refuse(response, request, fcmError(planned.code))
}

function refuse(response: ServerResponse, request: FcmRequest, planned: FcmErrorResponse): void {
	respond(response, request, planned.httpStatus, planned.body)
}

function respond(response: ServerResponse, request: FcmRequest, status: number, body: object): void {
	if (response.destroyed) return
	request.status = status
	response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
	response.end(JSON.stringify(body))
}

function projectOf(incoming: IncomingMessage): string | undefined {
	if (incoming.method !== 'POST') return undefined
	return /^\/v1\/projects\/([^/]+)\/messages:send$/.exec(incoming.url ?? '')?.[1]
}

async function readBody(incoming: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = []
	try {
		for await (const chunk of incoming) chunks.push(chunk as Buffer)
	} catch {
		// The client gave the request up; what arrived is recorded.
	}
	return Buffer.concat(chunks).toString('utf8')
}

function parseMessage(body: string): FcmMessage | undefined {
	try {
		const value = JSON.parse(body) as { message?: FcmMessage } | null
		return value?.message
	} catch {
		return undefined
	}
}

function afterDelay(delayMs: number | undefined, fn: () => void): void {
	if (delayMs === undefined) fn()
	else setTimeout(fn, delayMs).unref()
}
