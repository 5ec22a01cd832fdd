import type { Logger } from '@vigil/runtime'
import {
	buildResponse,
	type ParseError,
	type ParseLimits,
	parseMessage,
	type ResponseView,
	readLightResponse,
	type SipResponse,
} from '@vigil/sip'
import type { CountersByTransport } from './counters.ts'
import { boundedResponse, isBounded } from './endpoint/bounded-response.ts'
import type { Flow, TransportName } from './flow.ts'
import type { FramingFault } from './framing/stream-framer.ts'
import type { MessageReceiver, Unsubscribe } from './message-channel.ts'
import { stampTopVia } from './via-stamp.ts'

export type MalformedReceiver = (error: ParseError, flow: Flow, bytes: Uint8Array) => void

/**
 * Looks at a response before anybody else, unparsed where it is of the usual shape; true when it was the one waited for,
 * which ends its way.
 */
export type ResponseReader = (response: ResponseView) => boolean

export interface MessageIntakeOptions {
	readonly counters: CountersByTransport
	readonly logger: Logger
	readonly parseLimits: Partial<ParseLimits>
	readonly maxMalformedPerFlow: number
	/** False when a message of that flow is not even to be looked at. */
	admits(flow: Flow): boolean
	/** Whether the peer at the other end of a datagram's flow is somebody known, who may get a larger answer than his question. */
	isKnown(flow: Flow): boolean
	/** Sends an error response to where its top Via says. */
	reply(response: SipResponse, flow: Flow): void
}

/** Takes whole messages from every transport: parses, stamps the Via, counts, and hands them to the receivers. */
export class MessageIntake {
	readonly counters: CountersByTransport
	readonly #options: MessageIntakeOptions
	readonly #receivers = new Set<MessageReceiver>()
	#responseReader: ResponseReader | undefined
	readonly #malformedReceivers = new Set<MalformedReceiver>()
	readonly #malformedOnFlow = new WeakMap<Flow, number>()

	constructor(options: MessageIntakeOptions) {
		this.counters = options.counters
		this.#options = options
	}

	/** The answer to a keep-alive that is none of SIP (STUN), where it may be given. */
	mayRespondToKeepAlive(flow: Flow, octets: number, requestOctets: number): boolean {
		const counters = this.counters[flow.transport]
		if (!this.#options.admits(flow)) counters.rateLimited++
		else if (isBounded(octets, requestOctets) || this.#options.isKnown(flow)) return true
		else counters.responsesWithheld++
		return false
	}

	onMessage(receive: MessageReceiver): Unsubscribe {
		return subscribe(this.#receivers, receive)
	}

	onMalformed(receive: MalformedReceiver): Unsubscribe {
		return subscribe(this.#malformedReceivers, receive)
	}

	/** One reader that sees responses first, usual ones unparsed. Throws when there is one already. */
	onEarlyResponse(read: ResponseReader): Unsubscribe {
		if (this.#responseReader) throw new TypeError('answers have a reader already')
		this.#responseReader = read
		return () => {
			this.#responseReader = undefined
		}
	}

	/** True when the message was a response that the reader of answers waited for. */
	takeResponse(bytes: Uint8Array, transport: TransportName): boolean {
		const read = this.#responseReader
		if (!read) return false
		const response = readLightResponse(bytes)
		if (!response || !read(response)) return false
		this.counters[transport].messagesIn++
		return true
	}

	/** Takes one message. False when the flow has sent too much that is malformed and deserves to end. */
	receive(bytes: Uint8Array, flow: Flow): boolean {
		// UDP has looked already, before it looked for the flow.
		if (flow.reliable && this.takeResponse(bytes, flow.transport)) return true
		if (!this.#options.admits(flow)) {
			this.counters[flow.transport].rateLimited++
			return true
		}
		const result = parseMessage(bytes, this.#options.parseLimits)
		if (!result.ok) {
			this.#refuse(result.error, flow, bytes)
			return result.error.code !== 'not-sip' && this.#countMalformed(flow)
		}
		const { message } = result
		if (message.kind === 'request') stampTopVia(message.headers, flow.remote)
		this.counters[flow.transport].messagesIn++
		// An answer of an unusual shape is an answer all the same.
		if (message.kind === 'response' && this.#responseReader?.(message)) return true
		for (const receiver of this.#receivers) this.#guard(flow, () => receiver(message, flow, bytes.length))
		return true
	}

	/** A stream that cannot be cut any further: the sender is told why when its header block was readable. */
	broken(fault: FramingFault, headers: Uint8Array | undefined, flow: Flow): void {
		const error = framingError(fault, headers, this.#options.parseLimits)
		this.#refuse(error, flow, headers ?? new Uint8Array(0))
	}

	#refuse(error: ParseError, flow: Flow, bytes: Uint8Array): void {
		const counters = this.counters[flow.transport]
		counters.malformed++
		const { reply } = error
		if (reply) {
			stampTopVia(reply.headers, flow.remote)
			// Whoever sends what cannot be read by UDP may have written any source.
			const bounded = flow.reliable ? reply : boundedResponse(reply, bytes.length)
			if (bounded) {
				counters.malformedRejected++
				this.#guard(flow, () => this.#options.reply(bounded, flow))
			} else counters.responsesWithheld++
		}
		for (const receiver of this.#malformedReceivers) this.#guard(flow, () => receiver(error, flow, bytes))
	}

	#countMalformed(flow: Flow): boolean {
		const count = (this.#malformedOnFlow.get(flow) ?? 0) + 1
		this.#malformedOnFlow.set(flow, count)
		return count < this.#options.maxMalformedPerFlow
	}

	/** What a receiver does wrong with one message must not cost the others. */
	#guard(flow: Flow, call: () => void): void {
		try {
			call()
		} catch (error) {
			this.counters[flow.transport].receiverErrors++
			this.#options.logger.error({ err: error, flow: flow.id }, 'a receiver of SIP messages failed')
		}
	}
}

function subscribe<T>(set: Set<T>, item: T): Unsubscribe {
	set.add(item)
	return () => {
		set.delete(item)
	}
}

/** 413 for what is too large, 400 for a bad or missing Content-Length (RFC 3261 18.3, 21.4.11). */
function framingError(fault: FramingFault, headers: Uint8Array | undefined, limits: Partial<ParseLimits>): ParseError {
	const code = fault === 'not-sip' ? 'not-sip' : fault.endsWith('too-large') ? 'too-large' : 'bad-content-length'
	const detail = FAULTS[fault]
	const reply = headers && rejection(headers, fault === 'message-too-large' ? 413 : 400, detail, limits)
	return reply ? { code, detail, reply } : { code, detail }
}

const FAULTS: Readonly<Record<FramingFault, string>> = {
	'not-sip': 'Not SIP',
	'headers-too-large': 'Header Fields Too Large',
	'message-too-large': 'Request Entity Too Large',
	'content-length-missing': 'Missing Content-Length header field',
	'content-length-invalid': 'Malformed Content-Length',
}

function rejection(
	headers: Uint8Array,
	status: number,
	reason: string,
	limits: Partial<ParseLimits>,
): SipResponse | undefined {
	const parsed = parseMessage(headers, limits)
	if (!parsed.ok) return parsed.error.reply && { ...parsed.error.reply, status, reason }
	const { message } = parsed
	if (message.kind === 'response' || message.method === 'ACK') return undefined
	return buildResponse(message, status, reason)
}
