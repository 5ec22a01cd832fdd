import { MachineRunner, type TimerHandle } from '@vigil/runtime'
import {
	buildCancel,
	inviteClient,
	nonInviteClient,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	type TransactionEffect,
	type TransactionInput,
	type TransactionTimers,
	transactionTimeout,
} from '@vigil/sip'
import type { Flow } from '../flow.ts'
import type { EndpointCore } from './endpoint-core.ts'
import type { ClientListener, ClientTransaction } from './endpoint-types.ts'
import { withProduct } from './product.ts'
import { type TransactionWorld, transactionDriver } from './transaction-driver.ts'

type Headers = readonly (readonly [string, string])[]

interface Runner {
	input(input: TransactionInput): void
	stop(): void
}

/** One client transaction: a machine, its flow, and the cancelling of RFC 3261 9.1. */
export class ClientRun implements ClientTransaction {
	readonly #core: EndpointCore
	readonly #listener: ClientListener
	readonly #forget: () => void
	#request: SipRequest
	#flow: Flow | undefined
	#runner: Runner | undefined
	#unwatch: (() => void) | undefined
	#sent = false
	#provisional = false
	#final = false
	#over = false
	#cancelHeaders: Headers | undefined
	#cancelSent = false
	#cancelTimer: TimerHandle | undefined

	/** `forget` is called once, when the transaction is over. */
	constructor(request: SipRequest, listener: ClientListener, core: EndpointCore, forget: () => void) {
		this.#request = request
		this.#listener = listener
		this.#core = core
		this.#forget = forget
		core.counters.clientTransactions++
	}

	get request(): SipRequest {
		return this.#request
	}

	/** Sends the request. Throws UnsafeMessageError when it cannot be written; `discard` or `fail` it then. */
	start(request: SipRequest, flow: Flow): void {
		if (this.#over) return
		this.#request = request
		this.#flow = flow
		const { timers, clock } = this.#core
		const settings = { timers, reliable: flow.reliable }
		const nowMs = clock.now()
		this.#unwatch = this.#core.flowWatch.watch(flow, () => this.#lost())
		if (request.method === 'INVITE') {
			const { state, effects } = inviteClient.start(request, settings, nowMs)
			this.#run(new MachineRunner(transactionDriver(inviteClient.step, clock, this.#world()), state), effects)
		} else {
			const { state, effects } = nonInviteClient.start(request, settings, nowMs)
			this.#run(new MachineRunner(transactionDriver(nonInviteClient.step, clock, this.#world()), state), effects)
		}
	}

	receive(response: SipResponse): void {
		this.#runner?.input({ type: 'receive', message: response })
	}

	cancel(headers: Headers = []): void {
		if (this.#over || this.#final || this.#cancelHeaders || this.#request.method !== 'INVITE') return
		this.#cancelHeaders = headers
		if (this.#provisional) this.#sendCancel()
	}

	/** Ends the transaction from outside of its machine. */
	fail(cause: 'timeout' | 'transport'): void {
		if (this.#over) return
		this.#failed(cause)
		this.#end()
	}

	/** Ends the transaction without a word to the listener. */
	discard(): void {
		if (!this.#over) this.#finish()
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
			deliver: (message) => message.kind === 'response' && this.#deliver(message),
			failed: (cause) => this.#failed(cause),
			terminated: () => this.#end(),
			unsent: (error) => {
				this.#core.logger.error({ err: error }, 'a client transaction could not send its message')
				this.fail('transport')
			},
		}
	}

	#transmit(message: SipMessage): void {
		const { channel, counters } = this.#core
		const flow = this.#flow
		if (!flow) return
		channel.send(message, flow, () => this.#lost())
		if (message === this.#request && this.#sent) counters.requestRetransmissionsOut++
		else counters.requestsOut++
		this.#sent = true
	}

	#deliver(response: SipResponse): void {
		const flow = this.#flow
		if (!flow) return
		if (response.status < 200) this.#provisional = true
		else this.#finalReceived()
		this.#core.guard(() => this.#listener.onResponse(response, flow))
		if (this.#provisional && !this.#final && this.#cancelHeaders && !this.#cancelSent) this.#sendCancel()
	}

	#finalReceived(): void {
		this.#final = true
		if (this.#cancelTimer) this.#core.clock.clearTimer(this.#cancelTimer)
		this.#cancelTimer = undefined
	}

	/** 9.1: without a final response 64*T1 after the CANCEL, the request counts as cancelled and its transaction is destroyed. */
	#sendCancel(): void {
		const flow = this.#flow
		if (this.#cancelSent || !flow) return
		this.#cancelSent = true
		const { clock, timers, product } = this.#core
		this.#cancelTimer = clock.setTimer(transactionTimeout(timers), () => this.fail('timeout'))
		this.#core.startClient(withProduct(buildCancel(this.#request, this.#cancelHeaders), product), flow, IGNORE)
	}

	#lost(): void {
		this.#runner?.input({ type: 'transport-error' })
	}

	#failed(cause: 'timeout' | 'transport'): void {
		if (this.#final) return
		this.#final = true
		const { counters } = this.#core
		if (cause === 'timeout') counters.clientTimeouts++
		else counters.transportFailures++
		this.#core.guard(() => this.#listener.onFailure(cause))
	}

	#end(): void {
		if (this.#over) return
		this.#finish()
		this.#core.guard(() => this.#listener.onEnd?.())
	}

	#finish(): void {
		this.#over = true
		this.#runner?.stop()
		this.#unwatch?.()
		if (this.#cancelTimer) this.#core.clock.clearTimer(this.#cancelTimer)
		this.#core.counters.clientTransactions--
		this.#forget()
	}
}

/** What becomes of a CANCEL is of no interest: the INVITE's own response tells (9.1). */
const IGNORE: ClientListener = { onResponse() {}, onFailure() {} }
