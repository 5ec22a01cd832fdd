import { type Clock, type Logger, TimerWheel } from '@vigil/runtime'
import { DEFAULT_TIMERS, type ResponseView, type TimerValues, transactionTimeout } from '@vigil/sip'
import type { Flow } from '../flow.ts'
import type { ResponseReader } from '../message-intake.ts'
import { isNumbered, numberedBranch, numberOf } from './numbered-branch.ts'
import { type SendBuffer, SendBuffers } from './send-buffers.ts'
import { viaBranch } from './via-branch.ts'

/** Told what becomes of rendered requests, by the number that each was sent with. */
export interface PrerenderedListener {
	/** A provisional or final response; after a final one nothing more comes for this request. */
	onResponse(owner: number, response: ResponseView, flow: Flow): void
	/** No final response: 64*T1 passed, or the transport failed (RFC 3261 8.1.3.1). */
	onFailure(owner: number, cause: 'timeout' | 'transport'): void
	/** A copy was sent because no answer came: the other side, or the way to it, is slow. */
	onRepeat?(owner: number): void
}

export interface PrerenderedTransactionsOptions {
	/** Where answers are looked for before the parser sees them. */
	readonly responses: { onEarlyResponse(read: ResponseReader): () => void }
	readonly listener: PrerenderedListener
	readonly clock: Clock
	readonly logger: Logger
	/** What makes the branch of a request unlike every other one: a new text each time, of characters of a token but dots. */
	readonly unique: () => string
	readonly timers?: TimerValues
}

export interface PrerenderedCounters {
	requestsOut: number
	requestRetransmissionsOut: number
	responsesIn: number
	clientTimeouts: number
	transportFailures: number
	handlerErrors: number
}

interface InFlight {
	readonly owner: number
	readonly unique: string
	readonly method: string
	readonly flow: Flow
	readonly message: SendBuffer
	/** Copies that were sent because no answer came. */
	copies: number
	readonly endsAtMs: number
	/** Index in the timer wheel. */
	readonly timer: number
	/** Wait before the next copy (timer E); 0 over reliable transports. */
	repeatMs: number
}

/**
 * Non-INVITE client transactions (RFC 3261 17.1.2) for requests that are sent by the thousand: the caller renders the
 * text itself, answers are read by `LightResponse`, and every timer sits in one wheel. In place of the Completed state,
 * late copies of an answer go the way of strays: nothing is kept of a request that was answered.
 */
export class PrerenderedTransactions {
	readonly counters: Readonly<PrerenderedCounters>
	readonly #counters: PrerenderedCounters = zeroCounters()
	readonly #options: PrerenderedTransactionsOptions
	readonly #timers: TimerValues
	/** By the number at the end of the branch, which is that of the timer too. */
	readonly #byTimer: (InFlight | undefined)[] = []
	readonly #freeTimers: number[] = []
	readonly #wheel: TimerWheel
	readonly #buffers = new SendBuffers()
	readonly #onFlow = new Map<Flow, Set<InFlight>>()
	readonly #unsubscribe: () => void

	constructor(options: PrerenderedTransactionsOptions) {
		this.counters = this.#counters
		this.#options = options
		this.#timers = options.timers ?? DEFAULT_TIMERS
		this.#wheel = new TimerWheel(options.clock, (timer) => this.#timer(timer))
		this.#unsubscribe = options.responses.onEarlyResponse((response) => this.#onResponse(response))
	}

	/** Requests that wait for their final response. */
	get size(): number {
		return this.#byTimer.length - this.#freeTimers.length
	}

	/** Sends what `render` writes for the branch it is given (the top Via's). `owner` comes back with the answer. */
	send(owner: number, method: string, flow: Flow, render: (branch: string) => string): void {
		const now = this.#options.clock.now()
		const timer = this.#freeTimers.pop() ?? this.#byTimer.length
		const unique = this.#options.unique()
		const sent: InFlight = {
			owner,
			unique,
			method,
			flow,
			message: this.#buffers.write(render(numberedBranch(unique, timer))),
			copies: 0,
			endsAtMs: now + transactionTimeout(this.#timers),
			timer,
			repeatMs: flow.reliable ? 0 : this.#timers.t1,
		}
		this.#byTimer[timer] = sent
		this.#wheel.set(timer, sent.repeatMs === 0 ? sent.endsAtMs : now + sent.repeatMs)
		if (flow.reliable) this.#watch(sent)
		this.#counters.requestsOut++
		flow.send(sent.message.bytes, () => this.#fail(sent, 'transport'))
	}

	/** Forgets every request without a word to the listener. */
	close(): void {
		this.#unsubscribe()
		this.#wheel.close()
		for (const sent of this.#byTimer) if (sent) this.#forget(sent)
	}

	#onResponse(response: ResponseView): boolean {
		const branch = viaBranch(response.headers.get('Via') ?? '')
		const sent = branch === undefined ? undefined : this.#sentWith(branch)
		if (!sent || !response.headers.get('CSeq')?.endsWith(sent.method)) return false
		this.#counters.responsesIn++
		if (response.status < 200) this.#provisional(sent)
		else this.#responded(sent)
		this.#guard(() => this.#options.listener.onResponse(sent.owner, response, sent.flow))
		return true
	}

	#sentWith(branch: string): InFlight | undefined {
		const number = numberOf(branch)
		const sent = number < 0 || number >= this.#byTimer.length ? undefined : this.#byTimer[number]
		return sent && isNumbered(branch, sent.unique, number) ? sent : undefined
	}

	/** A datagram that was answered has left; a copy of it, or the rest of it on a connection, may wait in the socket still. */
	#responded(sent: InFlight): void {
		this.#forget(sent)
		if (sent.copies === 0 && !sent.flow.reliable) this.#buffers.giveBack(sent.message)
	}

	/** 17.1.2.2: once a provisional response came, copies go at T2. */
	#provisional(sent: InFlight): void {
		if (sent.repeatMs > 0) sent.repeatMs = this.#timers.t2
	}

	#timer(timer: number): void {
		const sent = this.#byTimer[timer]
		if (!sent) return
		const now = this.#options.clock.now()
		if (now >= sent.endsAtMs) {
			this.#fail(sent, 'timeout')
			return
		}
		sent.repeatMs = Math.min(2 * sent.repeatMs, this.#timers.t2)
		this.#wheel.set(timer, Math.min(now + sent.repeatMs, sent.endsAtMs))
		this.#counters.requestRetransmissionsOut++
		sent.copies++
		sent.flow.send(sent.message.bytes, () => this.#fail(sent, 'transport'))
		this.#guard(() => this.#options.listener.onRepeat?.(sent.owner))
	}

	#fail(sent: InFlight, cause: 'timeout' | 'transport'): void {
		if (this.#byTimer[sent.timer] !== sent) return
		this.#forget(sent)
		if (cause === 'timeout') this.#counters.clientTimeouts++
		else this.#counters.transportFailures++
		this.#guard(() => this.#options.listener.onFailure(sent.owner, cause))
	}

	#forget(sent: InFlight): void {
		this.#byTimer[sent.timer] = undefined
		this.#wheel.clear(sent.timer)
		this.#freeTimers.push(sent.timer)
		if (sent.flow.reliable) this.#onFlow.get(sent.flow)?.delete(sent)
	}

	/** A connection that ends takes its requests with it at once; one subscription for each connection. */
	#watch(sent: InFlight): void {
		const known = this.#onFlow.get(sent.flow)
		if (known) {
			known.add(sent)
			return
		}
		this.#onFlow.set(sent.flow, new Set([sent]))
		sent.flow.onClose(() => {
			const lost = this.#onFlow.get(sent.flow) ?? []
			this.#onFlow.delete(sent.flow)
			for (const one of lost) this.#fail(one, 'transport')
		})
	}

	#guard(call: () => void): void {
		try {
			call()
		} catch (error) {
			this.#counters.handlerErrors++
			this.#options.logger.error({ err: error }, 'a listener of rendered requests failed')
		}
	}
}

function zeroCounters(): PrerenderedCounters {
	return {
		requestsOut: 0,
		requestRetransmissionsOut: 0,
		responsesIn: 0,
		clientTimeouts: 0,
		transportFailures: 0,
		handlerErrors: 0,
	}
}
