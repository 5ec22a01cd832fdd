import { randomBytes } from 'node:crypto'
import {
	ackForRejection,
	answerChallenge,
	BoundedMap,
	challengesOf,
	chooseChallenges,
	clientTransactionKey,
	formatCSeq,
	formatVia,
	Headers,
	parseCSeq,
	removeTopVia,
	type SipRequest,
	type SipResponse,
	serverTransactionKey,
} from '@vigil/sip'
import { Mailbox } from './mailbox.ts'
import type { SipWire, WirePeer } from './sip-wire.ts'

/** RFC 3261 17.1.1.2 and 17.1.2.2: repeat after T1, doubling; requests other than INVITE at most every T2. */
const T1_MS = 500
const T2_MS = 4000
const GIVE_UP_MS = 64 * T1_MS
const MAX_REMEMBERED = 1000

export interface Credentials {
	readonly username: string
	readonly password: string
}

/** A request on its way: what was sent and what came back. */
export interface SentRequest {
	/** As sent, Via included. */
	readonly request: SipRequest
	readonly to: WirePeer
	readonly responses: Mailbox<SipResponse>
	/** The final response. @throws Error at the deadline, listing the responses that did come. */
	final(deadlineMs?: number): Promise<SipResponse>
}

export interface SendOptions {
	/** Called for each response, provisional and repeated ones included. */
	readonly onResponse?: (response: SipResponse) => void
}

interface Outgoing {
	readonly sent: SentRequest
	readonly stop: () => void
	readonly onResponse: (response: SipResponse) => void
}

type RequestHandler = (request: SipRequest, from: WirePeer) => void

/** Just enough of a transaction layer for a test's user agent: matches responses, repeats requests and answers over UDP. */
export class ScriptedAgent {
	readonly wire: SipWire
	readonly #sent = new Map<string, Outgoing>()
	readonly #responses = new BoundedMap<string, SipResponse | undefined>(MAX_REMEMBERED)
	#onRequest: RequestHandler = () => {}

	constructor(wire: SipWire) {
		this.wire = wire
		wire.onMessage((message, from) => {
			if (message.kind === 'request') this.#receive(message, from)
			else this.#match(message)
		})
	}

	/** The one who gets each request once; repeated ones are answered from memory. ACKs always come through. */
	onRequest(handler: RequestHandler): void {
		this.#onRequest = handler
	}

	/** Sends a request that has no Via yet. */
	send(request: SipRequest, to: WirePeer, options: SendOptions = {}): SentRequest {
		const headers = request.headers.clone()
		const params = new Map<string, string | true>([
			['branch', `z9hG4bK${randomId()}`],
			['rport', true],
		])
		headers.prepend(
			'Via',
			formatVia({ transport: to.transport.toUpperCase(), host: this.wire.host, port: this.wire.port, params }),
		)
		return this.sendAsIs({ ...request, headers }, to, options)
	}

	/** Sends a request with the Via that it has: a CANCEL, or a request under test. */
	sendAsIs(request: SipRequest, to: WirePeer, options: SendOptions = {}): SentRequest {
		const responses = new Mailbox<SipResponse>(({ status, reason }) => `${status} ${reason}`)
		const what = `a final response to ${request.method} ${request.uri}`
		const sent: SentRequest = {
			request,
			to,
			responses,
			final: (deadlineMs) => responses.waitFor(isFinal, { what, ...(deadlineMs !== undefined && { deadlineMs }) }),
		}
		const stop = this.#repeatWhileSilent(sent)
		this.#sent.set(clientTransactionKey(request) ?? '', { sent, stop, onResponse: options.onResponse ?? (() => {}) })
		return sent
	}

	/** Sends an ACK: nothing comes back. */
	sendAck(ack: SipRequest, to: WirePeer): void {
		this.wire.send(ack, to)
	}

	/** Like `send`, and answers one challenge with the credentials. */
	async sendAuthorized(request: SipRequest, to: WirePeer, credentials: Credentials | undefined): Promise<SipResponse> {
		const first = await this.send(request, to).final()
		if (!credentials || (first.status !== 401 && first.status !== 407)) return first
		return this.send(authorized(request, first, credentials), to).final()
	}

	/** Answers a request; the answer is given again when the request is repeated. */
	respond(request: SipRequest, response: SipResponse, to: WirePeer): void {
		this.#remember(serverTransactionKey(request) ?? '', response)
		this.wire.send(response, to)
	}

	close(): Promise<void> {
		for (const { stop } of this.#sent.values()) stop()
		return this.wire.close()
	}

	#match(response: SipResponse): void {
		const known = this.#sent.get(clientTransactionKey(response) ?? '')
		if (!known) return
		const { request, to, responses } = known.sent
		const isInvite = request.method === 'INVITE'
		if (isInvite || isFinal(response)) known.stop()
		if (isInvite && response.status >= 300) this.wire.send(ackForRejection(request, response), to)
		responses.push(response)
		known.onResponse(response)
	}

	#receive(request: SipRequest, from: WirePeer): void {
		const key = serverTransactionKey(request) ?? ''
		if (request.method !== 'ACK' && this.#responses.has(key)) {
			const response = this.#responses.get(key)
			if (response) this.wire.send(response, from)
			return
		}
		if (request.method !== 'ACK') this.#remember(key, undefined)
		this.#onRequest(request, from)
	}

	#remember(key: string, response: SipResponse | undefined): void {
		this.#responses.set(key, response)
	}

	#repeatWhileSilent({ request, to }: SentRequest): () => void {
		this.wire.send(request, to)
		if (to.transport !== 'udp') return () => {}
		let timer: NodeJS.Timeout
		const repeatAfter = (intervalMs: number, elapsedMs: number) => {
			timer = setTimeout(() => {
				if (elapsedMs + intervalMs >= GIVE_UP_MS) return
				this.wire.send(request, to)
				repeatAfter(
					request.method === 'INVITE' ? intervalMs * 2 : Math.min(intervalMs * 2, T2_MS),
					elapsedMs + intervalMs,
				)
			}, intervalMs).unref()
		}
		repeatAfter(T1_MS, 0)
		return () => clearTimeout(timer)
	}
}

/** The request again, with the next CSeq number and the answer to the strongest challenge of the refusal; without Via. */
export function authorized(request: SipRequest, refusal: SipResponse, credentials: Credentials): SipRequest {
	const headers = new Headers(request.headers)
	removeTopVia(headers)
	const { number } = parseCSeq(headers.get('CSeq') ?? '') ?? { number: 0 }
	headers.set('CSeq', formatCSeq(number + 1, request.method))
	for (const challenge of chooseChallenges(challengesOf(refusal))) {
		const { username, password } = credentials
		const { method, uri, body } = request
		const answer = answerChallenge({
			challenge,
			username,
			secret: { password },
			method,
			uri,
			body,
			cnonce: randomId(),
			nc: 1,
		})
		headers.append(challenge.proxy ? 'Proxy-Authorization' : 'Authorization', answer)
	}
	return { ...request, headers }
}

/** Unguessable enough for tags, branches and Call-IDs. */
export function randomId(): string {
	return randomBytes(12).toString('hex')
}

function isFinal(response: SipResponse): boolean {
	return response.status >= 200
}
