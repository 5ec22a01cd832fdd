import { MachineRunner } from '@vigil/runtime'
import {
	buildResponse,
	inviteServer,
	nonInviteServer,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	type TransactionEffect,
	type TransactionInput,
	type TransactionTimers,
} from '@vigil/sip'
import type { Flow } from '../flow.ts'
import { boundedResponse } from './bounded-response.ts'
import type { EndpointCore } from './endpoint-core.ts'
import type { ServerTransaction, TransactionEnd } from './endpoint-types.ts'
import { withProduct } from './product.ts'
import { type TransactionWorld, transactionDriver } from './transaction-driver.ts'

interface Runner {
	input(input: TransactionInput): void
	stop(): void
}

/** How a request came. */
export interface Arrival {
	readonly flow: Flow
	/** How many it had. */
	readonly octets: number
	/** Nothing shows that the source is who sent it. */
	readonly isStranger: boolean
}

/**
 * One server transaction: a machine and the flow that brought the request. For somebody unknown there is no machine until the request is
 * taken on: copies of the request are absorbed, and a final response is sent once and forgotten.
 */
export class ServerRun implements ServerTransaction {
	readonly request: SipRequest
	onCancel?: (cancel: SipRequest) => void
	onEnd?: (cause: TransactionEnd) => void
	readonly #core: EndpointCore
	readonly #user: (transaction: ServerRun) => void
	readonly #forget: () => void
	readonly #arrival: Arrival
	#flow: Flow
	#ackFlow: Flow
	#runner: Runner | undefined
	#final: SipResponse | undefined
	#told = false
	#over = false

	/** `user` gets the request; `forget` is called once, when the transaction is over. */
	constructor(
		request: SipRequest,
		arrival: Arrival,
		core: EndpointCore,
		user: (transaction: ServerRun) => void,
		forget: () => void,
	) {
		this.request = request
		this.#arrival = arrival
		this.#flow = arrival.flow
		this.#ackFlow = arrival.flow
		this.#core = core
		this.#user = user
		this.#forget = forget
		core.counters.serverTransactions++
	}

	get flow(): Flow {
		return this.#flow
	}

	get final(): SipResponse | undefined {
		return this.#final
	}

	/** Gives the request to the transaction user; an INVITE of somebody known is answered by 100 at once (RFC 3261 17.2.1). */
	start(): void {
		if (!this.#arrival.isStranger) this.admit()
		// Outside of the machine's effects, so that an answer given at once is sent, or refused, within that call.
		if (this.#core.guard(() => this.#user(this)) || this.#final) return
		if (!this.#core.guard(() => this.respond(buildResponse(this.request, 500)))) this.abandon()
	}

	/** Takes the request on. */
	admit(): void {
		this.#admit(buildResponse(this.request, 100))
	}

	/** With the response that an INVITE is to get at once. */
	#admit(trying: SipResponse | undefined): void {
		if (this.#runner || this.#over) return
		const { timers, clock } = this.#core
		const settings = { timers, reliable: this.#flow.reliable }
		const nowMs = clock.now()
		if (this.request.method === 'INVITE') {
			const { state, effects } = inviteServer.start(this.request, { ...settings, ...(trying && { trying }) }, nowMs)
			this.#run(new MachineRunner(transactionDriver(inviteServer.step, clock, this.#world()), state), effects)
		} else {
			const { state, effects } = nonInviteServer.start(this.request, settings, nowMs)
			this.#run(new MachineRunner(transactionDriver(nonInviteServer.step, clock, this.#world()), state), effects)
		}
	}

	/** The request again, or its ACK. */
	receive(message: SipRequest, flow: Flow): void {
		// A client that lost its connection repeats the request on a new one (RFC 5626 4.2.1 asks for a new branch, not all obey).
		if (this.#flow.closed && !flow.closed) this.#flow = flow
		this.#ackFlow = flow
		this.#runner?.input({ type: 'receive', message })
	}

	respond(response: SipResponse): void {
		if (this.#over) return
		if (!this.#runner && response.status >= 200) {
			this.#respondOnce(response)
			return
		}
		this.#admit(undefined)
		const before = this.#final
		if (response.status >= 200 && !before) this.#final = response
		try {
			this.#runner?.input({ type: 'send', message: response })
		} catch (error) {
			this.#final = before
			throw error
		}
	}

	/** RFC 3261 8.2.7: what a server without state does. */
	#respondOnce(response: SipResponse): void {
		const { product, counters } = this.#core
		const bounded = boundedResponse(withProduct(response, product), this.#arrival.octets)
		this.#final = response
		if (bounded) {
			counters.respondedStateless++
			counters.responsesOut++
			this.#core.channel.reply(bounded, this.#flow)
		} else counters.responsesWithheld++
		this.#end()
	}

	/** Ends the transaction from outside of its machine. */
	abandon(): void {
		this.#tell('transport')
		this.#end()
	}

	#run<State extends TransactionTimers>(
		runner: MachineRunner<State, TransactionInput, TransactionEffect>,
		effects: readonly TransactionEffect[],
	): void {
		this.#runner = runner
		runner.begin(effects)
	}

	#world(): TransactionWorld {
		return {
			transmit: (message) => this.#transmit(message),
			deliver: (message) => this.#deliver(message),
			failed: (cause) => this.#failed(cause),
			terminated: () => this.#end(),
			unsent: (error) => {
				this.#core.logger.error({ err: error }, 'a server transaction could not send its response')
				this.abandon()
			},
		}
	}

	#transmit(message: SipMessage): void {
		if (message.kind === 'request') return
		const named = withProduct(message, this.#core.product)
		this.#core.channel.reply(named, this.#flow, () => this.#runner?.input({ type: 'transport-error' }))
		this.#core.counters.responsesOut++
	}

	#deliver(message: SipMessage): void {
		if (message.kind === 'response' || message === this.request) return
		this.#core.guard(() => this.#core.handlers.onAck(message, this.#ackFlow))
	}

	/** RFC 6026 8.8 tells the user of every transport error. A lost provisional response is not worth a call: the final one will show. */
	#failed(cause: 'timeout' | 'transport'): void {
		const { counters } = this.#core
		if (cause === 'timeout') counters.serverTimeouts++
		else counters.transportFailures++
		if (this.#final || this.request.method !== 'INVITE') this.#tell(cause)
	}

	#tell(cause: TransactionEnd): void {
		if (this.#told) return
		this.#told = true
		this.#core.guard(() => this.onEnd?.(cause))
	}

	#end(): void {
		if (this.#over) return
		this.#over = true
		this.#runner?.stop()
		this.#core.counters.serverTransactions--
		this.#forget()
		this.#tell('done')
	}
}
