import type { Clock } from '@vigil/runtime'
import { silentLogger } from '@vigil/runtime'
import type { SipRequest, SipResponse } from '@vigil/sip'
import {
	type ClientListener,
	type EndpointHandlers,
	type Flow,
	type MessageChannel,
	type ServerTransaction,
	SipEndpoint,
	type SipEndpointOptions,
} from '../src/index.ts'

/** A transaction user that writes down what it is told. */
export class User {
	readonly endpoint: SipEndpoint
	/** Requests in the order in which they came, CANCELs included. */
	readonly log: string[] = []
	readonly transactions: ServerTransaction[] = []
	readonly acks: SipRequest[] = []
	readonly stray: SipResponse[] = []
	/** What it refuses before there is a transaction. */
	screen: NonNullable<EndpointHandlers['screen']> = () => undefined
	/** What to do with a request, besides noting it. */
	respond: (transaction: ServerTransaction) => void = () => {}

	constructor(name: string, channel: MessageChannel, clock: Clock, change: Partial<SipEndpointOptions> = {}) {
		let count = 0
		this.endpoint = new SipEndpoint({
			channel,
			clock,
			logger: silentLogger,
			handlers: this.#handlers(),
			branch: () => `z9hG4bK${name}${++count}`,
			...change,
		})
	}

	/** Sends a request and notes what becomes of it. */
	send(request: SipRequest, flow: Flow, options?: Parameters<SipEndpoint['request']>[3]): Outcome {
		const outcome = new Outcome()
		outcome.transaction = this.endpoint.request(request, flow, outcome, options)
		return outcome
	}

	#handlers(): EndpointHandlers {
		return {
			screen: (request, flow, key) => this.screen(request, flow, key),
			onRequest: (transaction) => {
				this.log.push(transaction.request.method)
				this.transactions.push(transaction)
				transaction.onCancel = () => this.log.push('CANCEL')
				transaction.onEnd = (cause) => this.log.push(`${transaction.request.method} ${cause}`)
				this.respond(transaction)
			},
			onAck: (ack) => this.acks.push(ack),
			onResponse2xx: (response) => this.stray.push(response),
		}
	}
}

/** What became of one request. */
export class Outcome implements ClientListener {
	readonly log: (number | string)[] = []
	readonly responses: SipResponse[] = []
	transaction: ReturnType<SipEndpoint['request']> | undefined
	onProvisional: () => void = () => {}

	get last(): number | string | undefined {
		return this.log.at(-1)
	}

	get ended(): boolean {
		return this.log.includes('end')
	}

	/** Whether a final response or a failure has come. */
	get settled(): boolean {
		return this.log.some((entry) => entry === 'timeout' || entry === 'transport' || Number(entry) >= 200)
	}

	onResponse(response: SipResponse): void {
		this.log.push(response.status)
		this.responses.push(response)
		if (response.status < 200) this.onProvisional()
	}

	onFailure(cause: 'timeout' | 'transport'): void {
		this.log.push(cause)
	}

	onEnd(): void {
		this.log.push('end')
	}
}
