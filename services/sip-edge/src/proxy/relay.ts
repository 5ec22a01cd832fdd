import type { Clock, TimerHandle } from '@vigil/runtime'
import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ClientListener, ClientTransaction, ServerTransaction } from '@vigil/sip-transport'
import { returned } from '../routing/forwarded.ts'

/** RFC 3261 16.6 step 11: more than three minutes. */
const TIMER_C_MS = 200_000

export interface RelayOptions {
	readonly transaction: ServerTransaction
	readonly clock: Clock
	readonly randomId: () => string
	/** What of a response goes on. */
	readonly filter?: (response: SipResponse) => SipResponse
	/** The request could not be delivered, or the flow ended before its answer came: `send` again, or `fail`. */
	readonly onLost: () => void
	/** Called once, when the request has its final answer. */
	readonly onResponded: () => void
}

/**
 * One request on its way through the proxy (RFC 3261 16): couples the server transaction of the side it came from with the
 * client transaction of the side it goes to.
 */
export class Relay {
	readonly #options: RelayOptions
	readonly #request: SipRequest
	/** Undefined before the first `send`, and between a loss and the next one. */
	#client: ClientTransaction | undefined
	#sent: SipRequest | undefined
	#cancelHeaders: readonly [string, string][] | undefined
	#responded = false
	#timerC: TimerHandle | undefined

	constructor(options: RelayOptions) {
		this.#options = options
		this.#request = options.transaction.request
		options.transaction.onCancel = (cancel) => this.#cancel(cancel)
	}

	/** What was sent last, with our Via on top. */
	get sent(): SipRequest | undefined {
		return this.#sent
	}

	/** Sends the request, for the first time or again after it was lost. */
	send(start: (listener: ClientListener) => ClientTransaction): void {
		try {
			this.#client = start(this.#listener())
		} catch {
			// It holds what no message may hold, a line break in a value for one.
			this.fail(400)
			return
		}
		this.#sent = this.#client.request
		this.#startTimerC()
		if (this.#cancelHeaders) this.#client.cancel(this.#cancelHeaders)
	}

	/** Answers in place of the other end. */
	fail(status: number, reason?: string): void {
		this.#stopTimerC()
		if (this.#responded) return
		this.#finish()
		const { transaction, randomId } = this.#options
		transaction.respond(buildResponse(this.#request, status, reason, { toTag: randomId() }))
	}

	/** RFC 3261 16.7: a 100 is for this hop only; everything else goes back, several 2xx of an INVITE included. */
	#pass(response: SipResponse): void {
		if (response.status === 100) return
		const { transaction, filter } = this.#options
		const passed = returned(filter ? filter(response) : response)
		if (!passed) return
		if (response.status < 200) this.#startTimerC()
		else this.#finish()
		transaction.respond(passed)
	}

	#listener(): ClientListener {
		let isLost = false
		return {
			onResponse: (response) => this.#pass(response),
			onFailure: (cause) => {
				this.#stopTimerC()
				this.#client = undefined
				isLost = cause === 'transport'
				// RFC 4320 4.2 wants no 408 for other requests than INVITE, as it comes after the timer F of the other side. It
				// does: that side has dropped its transaction and ignores the answer, which is there to end ours.
				if (!isLost) this.fail(this.#cancelHeaders ? 487 : 408)
			},
			// Not before its transaction is gone can the request be sent again with the same branch.
			onEnd: () => {
				if (isLost) this.#options.onLost()
			},
		}
	}

	/**
	 * 16.10: the CANCEL is answered by the endpoint; the INVITE gets the answer of the other end, 487 as a rule. While
	 * there is no flow to the other end the caller is answered at once, but the request stays cancelled: a device that rings
	 * and comes back is told to stop.
	 */
	#cancel(cancel: SipRequest): void {
		if (this.#responded || this.#cancelHeaders) return
		this.#cancelHeaders = cancel.headers.all('Reason').map((reason) => ['Reason', reason])
		if (this.#client) this.#client.cancel(this.#cancelHeaders)
		else this.fail(487)
	}

	/** 16.8: an INVITE that rings for ever is cancelled. */
	#startTimerC(): void {
		if (this.#request.method !== 'INVITE' || this.#responded) return
		this.#stopTimerC()
		this.#timerC = this.#options.clock.setTimer(TIMER_C_MS, () => this.#client?.cancel())
	}

	#stopTimerC(): void {
		if (this.#timerC) this.#options.clock.clearTimer(this.#timerC)
		this.#timerC = undefined
	}

	#finish(): void {
		this.#stopTimerC()
		if (this.#responded) return
		this.#responded = true
		this.#options.onResponded()
	}
}
