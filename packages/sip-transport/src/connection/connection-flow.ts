import type { Clock, Logger, TimerHandle } from '@vigil/runtime'
import type { TransportCounters } from '../counters.ts'
import type { Address, Flow, FlowCloseReason, TransportName } from '../flow.ts'
import type { TransportLimits } from '../limits.ts'
import type { KeepAliveOptions } from '../listen-options.ts'
import { TransportError } from '../transport-error.ts'
import { FlowHealth } from './flow-health.ts'
import { toTransportError } from './socket-error.ts'

/** The socket below a connection. Nothing here throws. */
export interface Wire {
	write(bytes: Uint8Array, done: (error?: Error | null) => void): void
	ping(): void
	/** Answers pings of the peer. */
	pong(count: number): void
	/** Bytes taken by `write` that the system has not taken yet. */
	queuedBytes(): number
	/** Ends the connection after what is queued. */
	end(): void
	destroy(): void
}

/** What all connections of a manager have in common. */
export interface ConnectionContext {
	readonly clock: Clock
	readonly logger: Logger
	readonly limits: TransportLimits
	readonly random: () => number
	/** Text that cannot be guessed and is never used again, also not by the next process. */
	readonly unguessable: () => string
	/** A connection is ready for messages. */
	opened(flow: ConnectionFlow): void
	closed(flow: ConnectionFlow, reason: FlowCloseReason): void
}

export interface ConnectionFlowOptions {
	readonly wire: Wire
	readonly transport: Exclude<TransportName, 'udp'>
	readonly direction: 'inbound' | 'outbound'
	readonly local: Address
	readonly remote: Address
	readonly keepAlive: KeepAliveOptions | undefined
	readonly context: ConnectionContext
	readonly counters: TransportCounters
}

/** How long a connection that we end may take to close before it is cut off. */
const END_GRACE_MS = 2000

/** Reasons after which the peer may still read what we sent last. */
const GRACEFUL: ReadonlySet<FlowCloseReason> = new Set([
	'local',
	'idle',
	'slow-message',
	'bad-framing',
	'listener-closed',
])

/** A TCP, TLS or WebSocket connection as a flow: sends, counts, watches over its health, and ends once. */
export class ConnectionFlow implements Flow {
	readonly id: string
	readonly transport: Exclude<TransportName, 'udp'>
	readonly reliable = true
	readonly secure: boolean
	readonly direction: 'inbound' | 'outbound'
	readonly local: Address
	readonly remote: Address
	/** Resolves when the socket is gone, which may be later than the end of the flow. */
	readonly gone: Promise<void>
	readonly #wire: Wire
	readonly #context: ConnectionContext
	readonly #counters: TransportCounters
	readonly #health: FlowHealth
	readonly #maxQueuedBytes: number
	readonly #closeListeners = new Set<(reason: FlowCloseReason) => void>()
	#closeReason: FlowCloseReason | undefined
	#healthTimer: TimerHandle | undefined
	#healthTimerAt = Number.POSITIVE_INFINITY
	#graceTimer: TimerHandle | undefined
	#resolveGone: () => void = () => {}

	constructor(options: ConnectionFlowOptions) {
		const { context, transport, direction } = options
		// Flow tokens are made of it (RFC 5626 5.2).
		this.id = `${transport}-${context.unguessable()}`
		this.transport = transport
		this.secure = transport === 'tls' || transport === 'wss'
		this.direction = direction
		this.local = options.local
		this.remote = options.remote
		this.gone = new Promise((resolve) => {
			this.#resolveGone = resolve
		})
		this.#wire = options.wire
		this.#context = context
		this.#counters = options.counters
		const { keepAlive } = options
		const { limits, random, clock } = context
		this.#maxQueuedBytes = direction === 'inbound' ? limits.maxQueuedBytes : limits.maxQueuedBytesOutbound
		this.#health = new FlowHealth({ direction, limits, keepAlive, random }, clock.now())
		this.#counters.flowsOpened++
		this.#counters.openFlows++
		this.#scheduleHealthCheck()
	}

	get closed(): boolean {
		return this.#closeReason !== undefined
	}

	get lastReceivedMs(): number {
		return this.#health.lastReceivedMs
	}

	send(bytes: Uint8Array, onFailure?: (error: TransportError) => void): void {
		const refusal = this.#refusal(bytes.length)
		if (refusal) {
			this.#sendFailed(refusal, onFailure)
			return
		}
		this.#counters.messagesOut++
		this.#counters.bytesOut += bytes.length
		this.#wire.write(bytes, (error) => {
			if (error) this.#sendFailed(toTransportError(error), onFailure)
		})
	}

	close(): void {
		this.finish('local')
	}

	onClose(fn: (reason: FlowCloseReason) => void): () => void {
		const reason = this.#closeReason
		if (reason !== undefined) queueMicrotask(() => this.#guard(() => fn(reason)))
		else this.#closeListeners.add(fn)
		return () => this.#closeListeners.delete(fn)
	}

	/** Starts, changes or stops our pings. */
	setKeepAlive(keepAlive: KeepAliveOptions | undefined): void {
		this.#health.setKeepAlive(keepAlive, this.#context.clock.now())
		this.#scheduleHealthCheck()
	}

	/** The socket gave bytes; `partial` when a message has begun and is not whole. */
	bytesReceived(partial: boolean): void {
		this.#health.received(this.#context.clock.now(), partial)
		this.#scheduleHealthCheck()
	}

	messageReceived(): void {
		this.#health.message()
	}

	/** CRLFs came in a row between messages (RFC 5626 3.5.1). */
	crlfsReceived(count: number): void {
		const { pings, pong } = this.#health.crlfs(count)
		if (pong) this.#counters.pongsIn++
		if (pings > 0) this.pingsReceived(pings)
	}

	pingsReceived(count: number): void {
		this.#counters.pingsIn += count
		if (this.closed || this.#wire.queuedBytes() > this.#maxQueuedBytes) return
		this.#counters.pongsOut += count
		this.#wire.pong(count)
	}

	/** A WebSocket pong frame came. */
	pongReceived(): void {
		this.#counters.pongsIn++
		this.#health.pong()
		this.bytesReceived(false)
	}

	/** Ends the flow for that reason; only the first reason counts. */
	finish(reason: FlowCloseReason): void {
		if (this.closed) return
		this.#closeReason = reason
		this.#clearHealthTimer()
		this.#countEnd(reason)
		if (GRACEFUL.has(reason)) {
			this.#graceTimer = this.#context.clock.setTimer(END_GRACE_MS, () => this.#wire.destroy())
			this.#wire.end()
		} else this.#wire.destroy()
		const listeners = [...this.#closeListeners]
		this.#closeListeners.clear()
		for (const listener of listeners) this.#guard(() => listener(reason))
		this.#context.closed(this, reason)
	}

	/** The socket is gone. */
	wireClosed(error: boolean): void {
		if (this.#graceTimer) this.#context.clock.clearTimer(this.#graceTimer)
		this.#graceTimer = undefined
		this.finish(error ? 'error' : 'remote')
		this.#resolveGone()
	}

	/** Why nothing can be sent. A peer that does not read loses its flow here. */
	#refusal(length: number): TransportError | undefined {
		if (this.closed) return new TransportError('flow-closed', 'the flow is closed')
		if (this.#wire.queuedBytes() + length <= this.#maxQueuedBytes) return undefined
		this.finish('congested')
		return new TransportError('congested', 'the peer does not read')
	}

	/** An exception of a listener is its own bug; the socket below it goes on. */
	#guard(call: () => void): void {
		try {
			call()
		} catch (error) {
			this.#context.logger.error({ err: error, flow: this.id }, 'a listener of a flow failed')
		}
	}

	#countEnd(reason: FlowCloseReason): void {
		this.#counters.flowsClosed++
		this.#counters.openFlows--
		if (reason === 'idle' || reason === 'slow-message') this.#counters.idleClosed++
		if (reason === 'keep-alive') this.#counters.keepAliveFailures++
		if (reason === 'congested') this.#counters.congestedClosed++
	}

	#sendFailed(error: TransportError, onFailure: ((error: TransportError) => void) | undefined): void {
		this.#counters.sendFailures++
		// Never within the call: a sender is not to be told of a failure before it knows that it has sent.
		if (onFailure) queueMicrotask(() => this.#guard(() => onFailure(error)))
	}

	/** A timer is only set when the next check comes earlier than the pending one: traffic that moves deadlines back costs nothing. */
	#scheduleHealthCheck(): void {
		const at = this.#health.nextCheckAt
		if (this.closed || at >= this.#healthTimerAt) return
		this.#clearHealthTimer()
		this.#healthTimerAt = at
		const { clock } = this.#context
		this.#healthTimer = clock.setTimer(at - clock.now(), () => this.#checkHealth())
	}

	#checkHealth(): void {
		this.#healthTimer = undefined
		this.#healthTimerAt = Number.POSITIVE_INFINITY
		const verdict = this.#health.due(this.#context.clock.now())
		if (verdict?.type === 'close') {
			this.finish(verdict.reason)
			return
		}
		if (verdict) {
			this.#counters.pingsOut++
			this.#wire.ping()
		}
		this.#scheduleHealthCheck()
	}

	#clearHealthTimer(): void {
		if (this.#healthTimer) this.#context.clock.clearTimer(this.#healthTimer)
		this.#healthTimer = undefined
		this.#healthTimerAt = Number.POSITIVE_INFINITY
	}
}
