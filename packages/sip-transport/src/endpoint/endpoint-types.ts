import type { Clock, Logger } from '@vigil/runtime'
import type { SipRequest, SipResponse, TimerValues } from '@vigil/sip'
import type { Flow } from '../flow.ts'
import type { MessageChannel } from '../message-channel.ts'

/** A request that came in and waits for (or has had) its answer (RFC 3261 17.2). */
export interface ServerTransaction {
	readonly request: SipRequest
	readonly flow: Flow
	/** The final response, once there is one. */
	readonly final?: SipResponse | undefined
	/** Sends a response through the transaction; after a final one only INVITE 2xx may follow, anything else is ignored. */
	respond(response: SipResponse): void
	/** A CANCEL came for this INVITE before a final response; the endpoint has answered the CANCEL itself. */
	onCancel?: (cancel: SipRequest) => void
	/** The transaction is over. `timeout`: no ACK came for a non-2xx final response. `transport`: the response could not be sent. */
	onEnd?: (cause: TransactionEnd) => void
	/**
	 * The request is taken on, whoever sent it. Until then somebody unknown has no transaction (see `SipEndpointOptions.isKnown`): a
	 * final response goes out once, and is forgotten. A provisional response takes it on too; doing so twice is harmless.
	 */
	admit?(): void
}

export type TransactionEnd = 'done' | 'timeout' | 'transport'

/** A request that we sent (RFC 3261 17.1). */
export interface ClientTransaction {
	/** The request as sent, with our Via on top. */
	readonly request: SipRequest
	/** Cancels an INVITE (RFC 3261 9.1): at once when a provisional response has come, otherwise when the first one does. */
	cancel(headers?: readonly (readonly [string, string])[]): void
}

/** Told what becomes of a request that we sent. */
export interface ClientListener {
	/** Every response for the transaction user; several 2xx may come for an INVITE (forks, retransmissions). */
	onResponse(response: SipResponse, flow: Flow): void
	/** No final response: 64*T1 passed (treat as 408) or the transport failed (treat as 503), RFC 3261 8.1.3.1. */
	onFailure(cause: 'timeout' | 'transport'): void
	/** The transaction is gone; always the last call, also after a failure. */
	onEnd?(): void
}

/** The transaction user. */
export interface EndpointHandlers {
	/**
	 * Asked of a new request other than ACK and CANCEL before anything is made for it. A final response that is given back is sent
	 * without state (RFC 3261 8.2.7): each copy of the request, which has the same `key`, is asked about again, and must hear the same.
	 */
	screen?(request: SipRequest, flow: Flow, key: string): SipResponse | undefined
	/** A new request other than ACK and CANCEL. Set `onCancel` and `onEnd` on the transaction before returning. */
	onRequest(transaction: ServerTransaction): void
	/** The ACK for a 2xx: it matches no transaction, or one in its Accepted state (RFC 6026). */
	onAck(ack: SipRequest, flow: Flow): void
	/** A response to an INVITE, 2xx, that matches no client transaction any more (RFC 6026 7.2). */
	onResponse2xx?(response: SipResponse, flow: Flow): void
}

export interface SipEndpointOptions {
	readonly channel: MessageChannel
	readonly clock: Clock
	readonly handlers: EndpointHandlers
	/** A new branch for every call, beginning with the magic cookie `z9hG4bK` (RFC 3261 8.1.1.7). */
	readonly branch: () => string
	/** A new To tag for the responses that the endpoint itself makes; default made of a branch. */
	readonly tag?: () => string
	readonly logger: Logger
	/** Product named in User-Agent and Server of what names none (RFC 3261 20.41, 20.35); default none. */
	readonly product?: string
	/** T1, T2, T4 in milliseconds; default 500, 4000, 5000. */
	readonly timers?: TimerValues
	/** The Via sent-by (`host` or `host:port`) of requests; default the flow's local address. Give a private one for NAT emulation. */
	readonly sentBy?: (flow: Flow) => string
	/**
	 * Whether the peer at the other end of a flow that is not reliable is known; default everybody is. Who is not may have forged the
	 * source: he gets one answer to each request, of at most twice its octets, and nothing is repeated by a timer (RFC 3261 26.3.2.4, 8.2.7)
	 * until the user takes the request on.
	 */
	readonly isKnown?: (flow: Flow) => boolean
	/** More server transactions than this at a time are refused by a stateless 503; default 100 000. */
	readonly maxServerTransactions?: number
}

export interface RequestOptions {
	/** Via sent-by of this request only. */
	readonly sentBy?: string
	/**
	 * A TCP or TLS flow for a request of more than 1300 bytes that would leave by UDP (RFC 3261 18.1.1). When it
	 * cannot be opened, the request leaves by UDP after all.
	 */
	readonly streamFlow?: Flow | (() => Promise<Flow>)
}

export interface EndpointCounters {
	clientTransactions: number
	serverTransactions: number
	requestsIn: number
	requestsOut: number
	requestRetransmissionsOut: number
	responsesIn: number
	responsesOut: number
	strayResponses: number
	clientTimeouts: number
	serverTimeouts: number
	transportFailures: number
	refusedOverload: number
	/** Requests that the user refused before a transaction was made. */
	refusedStateless: number
	handlerErrors: number
	/** Final responses that somebody unknown got without state. */
	respondedStateless: number
	/** Those that he did not get, as they were too large for what he sent. */
	responsesWithheld: number
}
