import { silentLogger } from '@vigil/runtime'
import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import { type Flow, type ServerTransaction, SipEndpoint, TransportManager } from '@vigil/sip-transport'
import type { SimulatedProcess } from './process.ts'

/** What a user agent does with what comes in. */
export interface UserAgentHandlers {
	onRequest(transaction: ServerTransaction): void
	onAck?(ack: SipRequest, flow: Flow): void
	onResponse2xx?(response: SipResponse, flow: Flow): void
}

/** The SIP stack of a phone or a SIP server: real transactions over the simulated network. */
export class UserAgent {
	readonly manager: TransportManager
	readonly endpoint: SipEndpoint
	readonly process: SimulatedProcess

	constructor(process: SimulatedProcess, handlers: UserAgentHandlers) {
		const { clock, random, transport } = process
		this.process = process
		this.manager = new TransportManager({ ...transport, clock, logger: silentLogger, keepAlive: false })
		this.endpoint = new SipEndpoint({
			channel: this.manager,
			clock,
			logger: silentLogger,
			branch: () => `z9hG4bK${random.id(20)}`,
			handlers: {
				onRequest: (transaction) => handlers.onRequest(transaction),
				onAck: (ack, flow) => handlers.onAck?.(ack, flow),
				onResponse2xx: (response, flow) => handlers.onResponse2xx?.(response, flow),
			},
		})
	}

	/** Sends a request; the final response, or undefined when none came. `onResponse` sees every one. */
	request(
		request: SipRequest,
		flow: Flow,
		onResponse: (response: SipResponse, flow: Flow) => void = () => {},
	): Promise<SipResponse | undefined> {
		return new Promise((resolve) => {
			this.endpoint.request(request, flow, {
				onResponse: (response, over) => {
					onResponse(response, over)
					if (response.status >= 200) resolve(response)
				},
				onFailure: () => resolve(undefined),
			})
		})
	}

	answer(transaction: ServerTransaction, status: number, toTag?: string): void {
		transaction.respond(buildResponse(transaction.request, status, undefined, toTag === undefined ? {} : { toTag }))
	}
}
