import {
	buildResponse,
	cancelledTransactionKey,
	clientTransactionKey,
	DEFAULT_TIMERS,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	serializeMessage,
	serverTransactionKey,
	tagOf,
} from '@vigil/sip'
import { type Flow, formatAddress } from '../flow.ts'
import type { Unsubscribe } from '../message-channel.ts'
import { boundedResponse } from './bounded-response.ts'
import { ClientRun } from './client-run.ts'
import type { EndpointCore } from './endpoint-core.ts'
import type {
	ClientListener,
	ClientTransaction,
	EndpointCounters,
	RequestOptions,
	SipEndpointOptions,
} from './endpoint-types.ts'
import { FlowWatch } from './flow-watch.ts'
import { withVia } from './outgoing-via.ts'
import { withProduct } from './product.ts'
import { type Arrival, ServerRun } from './server-run.ts'

/** RFC 3261 18.1.1: larger requests are not for UDP where the path MTU is unknown. */
const MAX_UDP_REQUEST_BYTES = 1300
const DEFAULT_MAX_SERVER_TRANSACTIONS = 100_000
const OVERLOAD_RETRY_SECONDS = '5'

/** The transaction layer (RFC 3261 17): runs the machines of @vigil/sip over a channel and a clock. */
export class SipEndpoint {
	readonly counters: Readonly<EndpointCounters>
	readonly #options: SipEndpointOptions
	readonly #core: EndpointCore
	readonly #counters: EndpointCounters = zeroCounters()
	readonly #clients = new Map<string, ClientRun>()
	readonly #servers = new Map<string, ServerRun>()
	readonly #unsubscribe: Unsubscribe
	#closed = false

	constructor(options: SipEndpointOptions) {
		const { channel, clock, logger, handlers, timers = DEFAULT_TIMERS } = options
		this.counters = this.#counters
		this.#options = options
		this.#core = {
			channel,
			clock,
			logger,
			timers,
			handlers,
			counters: this.#counters,
			product: options.product,
			flowWatch: new FlowWatch(),
			startClient: (request, flow, listener) => this.#startClient(request, listener, (run) => run.start(request, flow)),
			guard: (call) => this.#guard(call),
		}
		this.#unsubscribe = channel.onMessage((message, flow, octets) => this.#receive(message, flow, octets))
	}

	/**
	 * Sends a request (not ACK) in a new transaction; pushes our Via with a new branch and `rport`. Throws
	 * UnsafeMessageError when the request cannot be written; every other failure goes to the listener, never within this call.
	 */
	request(request: SipRequest, flow: Flow, listener: ClientListener, options: RequestOptions = {}): ClientTransaction {
		const branch = this.#options.branch()
		const sentBy = (via: Flow) => options.sentBy ?? this.#options.sentBy?.(via) ?? formatAddress(via.local)
		const named = withProduct(request, this.#options.product)
		const over = (via: Flow) => withVia(named, via.transport, sentBy(via), branch)
		const first = over(flow)
		const { streamFlow } = options
		const large = streamFlow && flow.transport === 'udp' && serializeMessage(first).length > MAX_UDP_REQUEST_BYTES
		if (!large) return this.#startClient(first, listener, (run) => run.start(first, flow))
		if (typeof streamFlow !== 'function')
			return this.#startClient(first, listener, (run) => run.start(over(streamFlow), streamFlow))
		return this.#startClient(first, listener, (run) => {
			const startOver = (via: Flow) => this.#guard(() => run.start(over(via), via)) || run.fail('transport')
			streamFlow().then(startOver, () => startOver(flow))
		})
	}

	/** Sends the ACK of a 2xx: outside any transaction, with a Via and branch of its own (RFC 3261 13.2.2.4). */
	sendAck(ack: SipRequest, flow: Flow, options: Pick<RequestOptions, 'sentBy'> = {}): void {
		const sentBy = options.sentBy ?? this.#options.sentBy?.(flow) ?? formatAddress(flow.local)
		this.#counters.requestsOut++
		const named = withProduct(ack, this.#options.product)
		this.#core.channel.send(withVia(named, flow.transport, sentBy, this.#options.branch()), flow)
	}

	/** Sends a message as it is: requests keep the Via they carry, responses go where their top Via says. */
	sendStateless(message: SipMessage, flow: Flow): void {
		if (message.kind === 'request') {
			this.#counters.requestsOut++
			this.#core.channel.send(message, flow)
		} else {
			this.#counters.responsesOut++
			this.#core.channel.reply(message, flow)
		}
	}

	/** Ends every transaction (client ones fail with `transport`) and takes no more messages. */
	async close(): Promise<void> {
		this.#closed = true
		this.#unsubscribe()
		for (const run of [...this.#clients.values()]) run.fail('transport')
		for (const run of [...this.#servers.values()]) run.abandon()
	}

	#startClient(request: SipRequest, listener: ClientListener, start: (run: ClientRun) => void): ClientTransaction {
		const key = clientTransactionKey(request)
		if (this.#closed) throw new TypeError('the endpoint is closed')
		if (key === undefined) throw new TypeError('a request needs a CSeq')
		const run = new ClientRun(request, listener, this.#core, () => this.#clients.delete(key))
		this.#clients.set(key, run)
		try {
			start(run)
		} catch (error) {
			run.discard()
			throw error
		}
		return run
	}

	#receive(message: SipMessage, flow: Flow, octets: number): void {
		if (message.kind === 'response') this.#receiveResponse(message, flow)
		else this.#receiveRequest(message, flow, octets)
	}

	#receiveResponse(response: SipResponse, flow: Flow): void {
		this.#counters.responsesIn++
		const key = clientTransactionKey(response)
		const run = key === undefined ? undefined : this.#clients.get(key)
		if (run) {
			run.receive(response)
			return
		}
		this.#counters.strayResponses++
		const success = response.status >= 200 && response.status < 300
		if (success && key?.endsWith(' INVITE')) this.#guard(() => this.#core.handlers.onResponse2xx?.(response, flow))
	}

	#receiveRequest(request: SipRequest, flow: Flow, octets: number): void {
		this.#counters.requestsIn++
		const key = serverTransactionKey(request)
		const known = key === undefined ? undefined : this.#servers.get(key)
		if (known) known.receive(request, flow)
		else if (request.method === 'ACK') this.#guard(() => this.#core.handlers.onAck(request, flow))
		else if (key !== undefined) this.#startServer(key, request, flow, octets)
	}

	#startServer(key: string, request: SipRequest, flow: Flow, octets: number): void {
		const arrival = { flow, octets, isStranger: !flow.reliable && this.#options.isKnown?.(flow) === false }
		const { maxServerTransactions = DEFAULT_MAX_SERVER_TRANSACTIONS } = this.#options
		if (this.#servers.size >= maxServerTransactions && request.method !== 'CANCEL') {
			this.#refuseOverload(request, arrival)
			return
		}
		if (this.#screenedOut(request, arrival, key)) return
		const user = (run: ServerRun) => {
			if (request.method === 'CANCEL') this.#cancel(run)
			else this.#core.handlers.onRequest(run)
		}
		const run = new ServerRun(request, arrival, this.#core, user, () => this.#servers.delete(key))
		this.#servers.set(key, run)
		run.start()
	}

	/** RFC 3261 9.2: 200 when there is something to cancel, 481 when not; only an INVITE that rings still is told. */
	#cancel(cancel: ServerRun): void {
		const key = cancelledTransactionKey(cancel.request)
		const invite = key === undefined ? undefined : this.#servers.get(key)
		const toTag = (invite?.final && tagOf(invite.final.headers.get('To') ?? '')) ?? this.#tag()
		cancel.respond(buildResponse(cancel.request, invite ? 200 : 481, undefined, { toTag }))
		if (invite && !invite.final) this.#guard(() => invite.onCancel?.(cancel.request))
	}

	#screenedOut(request: SipRequest, arrival: Arrival, key: string): boolean {
		const { screen } = this.#core.handlers
		if (!screen || request.method === 'CANCEL') return false
		let refusal: SipResponse | undefined
		this.#guard(() => {
			refusal = screen(request, arrival.flow, key)
		})
		if (!refusal) return false
		this.#counters.refusedStateless++
		this.#respondStateless(refusal, arrival)
		return true
	}

	#refuseOverload(request: SipRequest, arrival: Arrival): void {
		this.#counters.refusedOverload++
		const headers = [['Retry-After', OVERLOAD_RETRY_SECONDS]] as const
		this.#respondStateless(buildResponse(request, 503, undefined, { headers }), arrival)
	}

	#respondStateless(response: SipResponse, { flow, octets, isStranger }: Arrival): void {
		const bounded = isStranger ? boundedResponse(response, octets) : response
		if (bounded) this.sendStateless(bounded, flow)
		else this.#counters.responsesWithheld++
	}

	#tag(): string {
		return this.#options.tag?.() ?? this.#options.branch().slice(-12)
	}

	#guard(call: () => void): boolean {
		try {
			call()
			return true
		} catch (error) {
			this.#counters.handlerErrors++
			this.#core.logger.error({ err: error }, 'a transaction user failed')
			return false
		}
	}
}

function zeroCounters(): EndpointCounters {
	return {
		clientTransactions: 0,
		serverTransactions: 0,
		requestsIn: 0,
		requestsOut: 0,
		requestRetransmissionsOut: 0,
		responsesIn: 0,
		responsesOut: 0,
		strayResponses: 0,
		clientTimeouts: 0,
		serverTimeouts: 0,
		transportFailures: 0,
		refusedOverload: 0,
		refusedStateless: 0,
		handlerErrors: 0,
		respondedStateless: 0,
		responsesWithheld: 0,
	}
}
