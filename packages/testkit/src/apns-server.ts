import type { KeyObject } from 'node:crypto'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
	constants,
	createSecureServer,
	type Http2SecureServer,
	type Http2Session,
	type IncomingHttpHeaders,
	type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { realClock } from '@vigil/runtime'
import { deviceTokenOf, refusalOfRequest } from './apns-rules.ts'
import { type CertificateAuthority, testAuthority } from './certificates.ts'
import { PlannedResponses } from './planned-responses.ts'
import { checkProviderToken, type ProviderToken } from './provider-token.ts'

/**
 * What the server does with a request: `accept`; `refuse` with APNs' status and reason; `silence` never answers;
 * `reset` closes the stream as unprocessed (REFUSED_STREAM); `drop` cuts the connection.
 */
export type ApnsResponse =
	| { readonly kind: 'accept'; readonly delayMs?: number }
	| {
			readonly kind: 'refuse'
			readonly status: number
			readonly reason: string
			/** When the token died, epoch milliseconds; only 410 carries it. */
			readonly timestampMs?: number
			readonly retryAfterSeconds?: number
			readonly delayMs?: number
	  }
	| { readonly kind: 'silence' }
	| { readonly kind: 'reset' }
	| { readonly kind: 'drop' }

export interface ApnsRequest {
	readonly atMs: number
	readonly token: string
	readonly headers: IncomingHttpHeaders
	readonly body: string
	/** The body as JSON; undefined when it is none. */
	readonly payload: Record<string, unknown> | undefined
	readonly providerToken: ProviderToken | undefined
	/** Counts the connections of this server from 1. */
	readonly connection: number
	/** HTTP status it was answered with; undefined while, or because, there was none. */
	status?: number
}

export interface ApnsServerOptions {
	readonly host?: string
	readonly port?: number
	readonly authority?: CertificateAuthority
	/** Public half of the signing key; when given, signatures of provider tokens are verified. */
	readonly publicKey?: KeyObject
}

/** An APNs of our own: HTTP/2 over TLS on loopback, with Apple's rules for requests and Apple's answers. */
export class ApnsServer {
	readonly requests: ApnsRequest[] = []
	/** PEM certificate to trust. */
	readonly ca: string
	/** Called with each push that was answered with 200, as a phone would get it. */
	onAccepted: ((request: ApnsRequest) => void) | undefined
	readonly #server: Http2SecureServer
	readonly #planned = new PlannedResponses<ApnsResponse>()
	readonly #sessions = new Map<Http2Session, number>()
	readonly #publicKey: KeyObject | undefined
	#connections = 0

	constructor(server: Http2SecureServer, ca: string, publicKey: KeyObject | undefined) {
		this.#server = server
		this.ca = ca
		this.#publicKey = publicKey
		server.on('session', (session) => this.#onSession(session))
		server.on('stream', (stream, headers) => void this.#onStream(stream, headers))
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

	/** How many connections are open. */
	get openConnections(): number {
		return this.#sessions.size
	}

	/** Requests that were answered with 200. */
	get accepted(): ApnsRequest[] {
		return this.requests.filter((request) => request.status === 200)
	}

	respondToToken(token: string, planned: ApnsResponse): void {
		this.#planned.forToken(token, planned)
	}

	respondNext(planned: ApnsResponse, count = 1): void {
		this.#planned.forNext(planned, count)
	}

	/** Accepts everything well-formed again. */
	respondToAll(): void {
		this.#planned.clear()
	}

	/** Announces the end of every connection, as Apple does before maintenance; open streams may finish. */
	goAway(): void {
		for (const session of this.#sessions.keys()) session.goaway(constants.NGHTTP2_NO_ERROR)
	}

	/** Cuts every connection without a word. */
	dropConnections(): void {
		for (const session of this.#sessions.keys()) session.destroy()
	}

	async close(): Promise<void> {
		const closed = once(this.#server, 'close')
		this.#server.close()
		this.dropConnections()
		await closed
	}

	#onSession(session: Http2Session): void {
		this.#sessions.set(session, ++this.#connections)
		session.on('close', () => this.#sessions.delete(session))
		// A peer that vanishes is what some tests do on purpose.
		session.on('error', () => {})
	}

	async #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
		stream.on('error', () => {})
		const session = stream.session
		const connection = (session && this.#sessions.get(session)) ?? this.#connections
		const body = await readBody(stream)
		const nowMs = realClock.now()
		const verdict = checkProviderToken(headers.authorization, nowMs / 1000, this.#publicKey)
		const request: ApnsRequest = {
			atMs: nowMs,
			token: deviceTokenOf(headers) ?? '',
			headers,
			body,
			payload: parsePayload(body),
			providerToken: verdict.ok ? verdict.token : undefined,
			connection,
		}
		this.requests.push(request)
		this.#respond(stream, request, verdict.ok ? undefined : verdict.reason)
	}

	#accept(stream: ServerHttp2Stream, request: ApnsRequest): void {
		accept(stream, request)
		if (request.status === 200) this.onAccepted?.(request)
	}

	#respond(stream: ServerHttp2Stream, request: ApnsRequest, credentialRefusal: string | undefined): void {
		if (credentialRefusal !== undefined) {
			refuse(stream, request, { status: 403, reason: credentialRefusal })
			return
		}
		const planned = this.#planned.take(request.token) ?? { kind: 'accept' }
		if (planned.kind === 'reset') stream.close(constants.NGHTTP2_REFUSED_STREAM)
		else if (planned.kind === 'drop') stream.session?.destroy()
		else if (planned.kind === 'refuse') afterDelay(planned.delayMs, () => refuse(stream, request, planned))
		else if (planned.kind === 'accept') afterDelay(planned.delayMs, () => this.#accept(stream, request))
	}
}

/** Starts the server; the port is free to choose by default. */
export async function startApnsServer(options: ApnsServerOptions = {}): Promise<ApnsServer> {
	const authority = options.authority ?? (await testAuthority())
	const certificate = await authority.issue(['localhost', '127.0.0.1', 'api.push.apple.com'])
	const server = createSecureServer({ ...certificate, settings: { maxConcurrentStreams: 1000 } })
	server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
	await once(server, 'listening')
	return new ApnsServer(server, authority.cert, options.publicKey)
}

function accept(stream: ServerHttp2Stream, request: ApnsRequest): void {
	const refusal = refusalOfRequest(request.headers, request.body)
	if (refusal) refuse(stream, request, refusal)
	else respond(stream, request, 200, {}, '')
}

function refuse(
	stream: ServerHttp2Stream,
	request: ApnsRequest,
	refusal: { status: number; reason: string; timestampMs?: number; retryAfterSeconds?: number },
): void {
	const body = JSON.stringify({ reason: refusal.reason, timestamp: refusal.timestampMs })
	const headers = refusal.retryAfterSeconds === undefined ? {} : { 'retry-after': `${refusal.retryAfterSeconds}` }
	respond(stream, request, refusal.status, headers, body)
}

function respond(
	stream: ServerHttp2Stream,
	request: ApnsRequest,
	status: number,
	headers: Record<string, string>,
	body: string,
): void {
	if (stream.destroyed || stream.closed) return
	request.status = status
	const id = request.headers['apns-id'] ?? randomUUID()
	stream.respond({ ':status': status, 'apns-id': id, ...headers }, { endStream: body === '' })
	if (body !== '') stream.end(body)
}

function afterDelay(delayMs: number | undefined, fn: () => void): void {
	if (delayMs === undefined) fn()
	else setTimeout(fn, delayMs).unref()
}

async function readBody(stream: ServerHttp2Stream): Promise<string> {
	const chunks: Buffer[] = []
	try {
		for await (const chunk of stream) chunks.push(chunk as Buffer)
	} catch {
		// The client gave the stream up; what arrived is recorded.
	}
	return Buffer.concat(chunks).toString('utf8')
}

function parsePayload(body: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(body)
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
	} catch {
		return undefined
	}
}
