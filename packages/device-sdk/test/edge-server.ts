import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
	buildRequest,
	buildResponse,
	callIdOf,
	decodeText,
	encodeText,
	formatChallenge,
	type HeaderPair,
	ha1,
	parseAuthorization,
	parseMessage,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	serializeMessage,
	topVia,
	verifyAuthorization,
} from '@vigil/sip'
import { until } from '@vigil/testkit'
import { type WebSocket, WebSocketServer } from 'ws'

export const REALM = 'edge.test'
export const USERNAME = 'd1'
export const PASSWORD = 'secret-of-d1'

export interface RegisterRule {
	readonly status: number
	readonly headers?: readonly HeaderPair[]
}

/** A scripted edge: a registrar with digest over WebSocket that sends what a test tells it to. */
export class EdgeServer {
	/** Everything that came in, oldest first. */
	readonly received: SipMessage[] = []
	/** REGISTERs that were accepted. */
	readonly registrations: SipRequest[] = []
	/** Answers to the next REGISTERs in place of the usual ones; they come before any challenge. */
	readonly registerRules: RegisterRule[] = []
	pings = 0
	answersPings = true
	#branch = 0
	readonly #sockets = new Set<WebSocket>()
	readonly #server: ReturnType<typeof createHttpServer>

	private constructor(server: ReturnType<typeof createHttpServer>) {
		this.#server = server
		const sockets = new WebSocketServer({ server, handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false) })
		sockets.on('connection', (socket) => this.#accept(socket))
	}

	static async start(tls?: { key: string; cert: string }): Promise<EdgeServer> {
		const server = tls ? createHttpsServer(tls) : createHttpServer()
		const edge = new EdgeServer(server)
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
		return edge
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port
	}

	get connections(): number {
		return this.#sockets.size
	}

	/** The Contact URI of the last accepted REGISTER. */
	get contact(): string {
		const contact = this.registrations.at(-1)?.headers.get('Contact') ?? ''
		return /<([^>]*)>/.exec(contact)?.[1] ?? ''
	}

	/** An INVITE for the device, with a new branch; `null` leaves the offer to the device. */
	invite(callId: string, more: readonly HeaderPair[] = [], sdp: string | null = 'v=0 offer'): SipRequest {
		return this.request(
			'INVITE',
			[
				['From', '"Bob" <sip:bob@example.com>;tag=bob-1'],
				['To', `<sip:${USERNAME}@${REALM}>`],
				['Call-ID', callId],
				['CSeq', '1 INVITE'],
				['Contact', '<sip:edge@edge.test;transport=ws>'],
				...more,
				...(sdp === null ? [] : [['Content-Type', 'application/sdp'] as const]),
			],
			sdp ?? undefined,
		)
	}

	request(method: string, headers: readonly HeaderPair[], body?: string): SipRequest {
		const via: HeaderPair = ['Via', `SIP/2.0/WS edge.test;branch=z9hG4bK-edge-${++this.#branch}`]
		const all: HeaderPair[] = [via, ['Max-Forwards', '70'], ...headers]
		return buildRequest({ method, uri: this.contact, headers: all, ...(body !== undefined && { body }) })
	}

	send(message: SipMessage | string): void {
		const text = typeof message === 'string' ? message : decodeText(serializeMessage(message))
		for (const socket of this.#sockets) socket.send(text)
	}

	/** The first response to the request that came in and has this status. */
	response(request: SipRequest, status: number): Promise<SipResponse> {
		const branch = topVia(request)?.params.get('branch')
		return this.#wait(`${status} to ${request.method}`, (message) =>
			message.kind === 'response' && message.status === status && topVia(message)?.params.get('branch') === branch
				? message
				: undefined,
		)
	}

	/** The first request of this method that came in for this Call-ID. */
	requestFrom(method: string, callId: string): Promise<SipRequest> {
		return this.#wait(method, (message) =>
			message.kind === 'request' && message.method === method && callIdOf(message) === callId ? message : undefined,
		)
	}

	/** Cuts every connection as a dying network does. */
	cut(): void {
		for (const socket of this.#sockets) socket.terminate()
	}

	async close(): Promise<void> {
		this.cut()
		await new Promise((resolve) => this.#server.close(resolve))
	}

	#wait<Found>(what: string, find: (message: SipMessage) => Found | undefined): Promise<Found> {
		const list = () => this.received.map((message) => (message.kind === 'request' ? message.method : message.status))
		return until(
			() => {
				for (const message of this.received) {
					const found = find(message)
					if (found) return found
				}
				return undefined
			},
			{ what: () => `${what} among ${list().join(', ')}` },
		) as Promise<Found>
	}

	#accept(socket: WebSocket): void {
		this.#sockets.add(socket)
		socket.on('close', () => this.#sockets.delete(socket))
		socket.on('message', (data) => {
			const text = String(data)
			if (text === '\r\n\r\n') {
				this.pings++
				if (this.answersPings) socket.send('\r\n')
				return
			}
			const parsed = parseMessage(encodeText(text))
			if (!parsed.ok) throw new Error(`the device sent ${parsed.error.detail}: ${text}`)
			this.received.push(parsed.message)
			const response = parsed.message.kind === 'request' ? this.#respond(parsed.message) : undefined
			if (response) socket.send(decodeText(serializeMessage(response)))
		})
	}

	#respond(request: SipRequest): SipResponse | undefined {
		if (request.method === 'BYE') return buildResponse(request, 200)
		return request.method === 'REGISTER' ? this.#register(request) : undefined
	}

	#register(request: SipRequest): SipResponse {
		const rule = this.registerRules.shift()
		if (rule) return buildResponse(request, rule.status, undefined, { headers: rule.headers ?? [] })
		if (!isAuthorized(request)) return buildResponse(request, 401, undefined, { headers: challenges() })
		const contact = request.headers.get('Contact') ?? ''
		this.registrations.push(request)
		const others: HeaderPair[] = [['Contact', '<sip:other@192.0.2.9>;expires=5']]
		const own: HeaderPair[] = contact.endsWith(';expires=0') ? [] : [['Contact', contact]]
		return buildResponse(request, 200, undefined, { toTag: 'edge', headers: [...others, ...own] })
	}
}

/** As a service does that prefers SHA-256: the device's sip.js knows only the second. */
function challenges(): HeaderPair[] {
	return (['SHA-256', 'MD5'] as const).map((algorithm) => [
		'WWW-Authenticate',
		formatChallenge({ realm: REALM, nonce: 'nonce-1', qop: ['auth'], algorithm }),
	])
}

function isAuthorized(request: SipRequest): boolean {
	const authorization = parseAuthorization(request.headers.get('Authorization') ?? '')
	if (!authorization) return false
	return verifyAuthorization({
		authorization,
		method: 'REGISTER',
		ha1: (algorithm) => ha1(algorithm, USERNAME, REALM, PASSWORD),
		algorithms: ['MD5'],
		requireQop: true,
	})
}
