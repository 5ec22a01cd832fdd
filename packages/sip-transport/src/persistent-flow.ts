import type { Clock, TimerHandle } from '@vigil/runtime'
import { type BackOffOptions, backOffDelayMs, DEFAULT_BACK_OFF } from './back-off.ts'
import { toTransportError } from './connection/socket-error.ts'
import type { Flow, FlowCloseReason } from './flow.ts'
import type { TransportError } from './transport-error.ts'

export interface PersistentFlowOptions {
	/** Opens the flow, for example `() => manager.connect(...)` of the next server of a domain. */
	readonly connect: () => Promise<Flow>
	readonly clock: Clock
	readonly backOff?: BackOffOptions
	/** A flow that ends before it is this old counts as another failure; default 10 s. */
	readonly stableMs?: number
	/** A number in [0, 1); default `Math.random`. */
	readonly random?: () => number
	onUp(flow: Flow): void
	/** The flow ended (reason) or could not be opened (error); the next attempt comes after `delayMs`. */
	onDown(cause: FlowCloseReason | TransportError, delayMs: number): void
}

const DEFAULT_STABLE_MS = 10_000

/** Keeps a flow to a server open: opens it again, with back-off (RFC 5626 4.5), until it is stopped. */
export class PersistentFlow {
	readonly #options: PersistentFlowOptions
	#flow: Flow | undefined
	#failures = 0
	#timer: TimerHandle | undefined
	#unsubscribe: (() => void) | undefined
	#stopped = false
	#opening = false

	/** The first attempt begins at once. */
	constructor(options: PersistentFlowOptions) {
		this.#options = options
		this.#open()
	}

	/** The open flow, if there is one now. */
	get flow(): Flow | undefined {
		return this.#flow
	}

	/** Tries at once instead of after the wait, for example when the network has changed. */
	retryNow(): void {
		if (this.#timer) this.#options.clock.clearTimer(this.#timer)
		this.#timer = undefined
		if (!this.#flow && !this.#opening) this.#open()
	}

	/** Opens no flow any more. The present one stays open unless `close` is given, as others may share it. */
	stop(close = false): void {
		this.#stopped = true
		if (this.#timer) this.#options.clock.clearTimer(this.#timer)
		this.#unsubscribe?.()
		if (close) this.#flow?.close()
		this.#flow = undefined
	}

	#open(): void {
		if (this.#stopped) return
		this.#opening = true
		this.#options.connect().then(
			(flow) => this.#opened(flow),
			(error) => this.#failed(toTransportError(error)),
		)
	}

	#opened(flow: Flow): void {
		this.#opening = false
		if (this.#stopped) return
		const since = this.#options.clock.now()
		this.#flow = flow
		this.#unsubscribe = flow.onClose((reason) => {
			this.#flow = undefined
			const { clock, stableMs = DEFAULT_STABLE_MS } = this.#options
			if (clock.now() - since >= stableMs) this.#failures = 0
			this.#failed(reason)
		})
		this.#options.onUp(flow)
	}

	#failed(cause: FlowCloseReason | TransportError): void {
		this.#opening = false
		if (this.#stopped) return
		this.#failures++
		const { clock, random = Math.random, backOff = DEFAULT_BACK_OFF } = this.#options
		const delayMs = backOffDelayMs(this.#failures, random(), backOff)
		this.#timer = clock.setTimer(delayMs, () => {
			this.#timer = undefined
			this.#open()
		})
		this.#options.onDown(cause, delayMs)
	}
}
