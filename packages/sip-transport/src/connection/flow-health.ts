import type { FlowCloseReason } from '../flow.ts'
import type { TransportLimits } from '../limits.ts'
import type { KeepAliveOptions } from '../listen-options.ts'

export interface FlowHealthOptions {
	readonly direction: 'inbound' | 'outbound'
	readonly limits: Pick<TransportLimits, 'messageTimeoutMs' | 'firstMessageTimeoutMs' | 'idleTimeoutMs'>
	readonly keepAlive: KeepAliveOptions | undefined
	/** A number in [0, 1), for the spread of pings. */
	readonly random: () => number
}

/** What is due on a flow: a ping, or its end. */
export type HealthVerdict = { readonly type: 'ping' } | { readonly type: 'close'; readonly reason: FlowCloseReason }

/** What a run of CRLFs meant. */
export interface CrlfMeaning {
	/** Pings of the peer, each to be answered by one CRLF. */
	readonly pings: number
	/** Whether our own ping was answered. */
	readonly pong: boolean
}

/**
 * A process that was stalled for longer than this finds deadlines passed whose answers lie unread in the system's
 * buffers: it judges no flow before it has had time to read.
 */
const STALL_MS = 1000

/**
 * Decides when a connection is to be pinged and when it is dead: RFC 5626 4.4.1 keep-alive, silence, and messages that
 * do not become whole. No timers and no I/O: it is told what happened and asked what is due.
 */
export class FlowHealth {
	readonly #options: FlowHealthOptions
	readonly #openedAt: number
	#keepAlive: KeepAliveOptions | undefined
	#lastReceivedAt: number
	#messageSeen = false
	#partialSince = Number.POSITIVE_INFINITY
	#nextPingAt = Number.POSITIVE_INFINITY
	#pongDueAt = Number.POSITIVE_INFINITY
	#pongSeen = false
	#halfPing = false
	#judgeFrom = 0

	constructor(options: FlowHealthOptions, now: number) {
		this.#options = options
		this.#openedAt = now
		this.#lastReceivedAt = now
		this.setKeepAlive(options.keepAlive, now)
	}

	/** When bytes last came in; the opening counts as such. */
	get lastReceivedMs(): number {
		return this.#lastReceivedAt
	}

	/** Starts, changes or stops pinging. */
	setKeepAlive(keepAlive: KeepAliveOptions | undefined, now: number): void {
		this.#keepAlive = keepAlive
		this.#pongDueAt = Number.POSITIVE_INFINITY
		this.#nextPingAt = keepAlive ? now + this.#pingDelay(keepAlive) : Number.POSITIVE_INFINITY
	}

	/** Bytes came in; `partial` says whether they end within a message. */
	received(now: number, partial: boolean): void {
		this.#lastReceivedAt = now
		if (!partial) this.#partialSince = Number.POSITIVE_INFINITY
		else if (this.#partialSince === Number.POSITIVE_INFINITY) this.#partialSince = now
	}

	/** A whole message came in, which also ends what looked like the first half of a ping. */
	message(): void {
		this.#messageSeen = true
		this.#halfPing = false
		this.#partialSince = Number.POSITIVE_INFINITY
	}

	/**
	 * CRLFs came in together, between messages. Two are a ping; one is the answer to our ping when one is open, else
	 * the first half of a ping (RFC 5626 3.5.1).
	 */
	crlfs(count: number): CrlfMeaning {
		let pings = Math.floor(count / 2)
		if (count % 2 === 0) return { pings, pong: false }
		if (this.#pongDueAt !== Number.POSITIVE_INFINITY) {
			this.pong()
			return { pings, pong: true }
		}
		if (this.#halfPing) pings++
		this.#halfPing = !this.#halfPing
		return { pings, pong: false }
	}

	/** Our ping was answered. */
	pong(): void {
		this.#pongSeen = true
		this.#pongDueAt = Number.POSITIVE_INFINITY
	}

	/** When `due` is to be asked next; infinite when nothing is awaited. */
	get nextCheckAt(): number {
		return Math.max(this.#judgeFrom, Math.min(this.#earliestEnd().at, this.#nextPingAt))
	}

	/** What is due now. A ping is noted as sent. */
	due(now: number): HealthVerdict | undefined {
		const checkAt = this.nextCheckAt
		if (now < checkAt) return undefined
		if (now > checkAt + STALL_MS && this.#judgeFrom < checkAt) {
			this.#judgeFrom = now + STALL_MS
			return undefined
		}
		const end = this.#earliestEnd()
		if (now >= end.at) return { type: 'close', reason: end.reason }
		if (now < this.#nextPingAt || !this.#keepAlive) return undefined
		this.#pongDueAt = now + this.#keepAlive.pongTimeoutMs
		this.#nextPingAt = now + this.#pingDelay(this.#keepAlive)
		return { type: 'ping' }
	}

	#earliestEnd(): { at: number; reason: FlowCloseReason } {
		const { limits, direction } = this.#options
		let at = this.#partialSince + limits.messageTimeoutMs
		let reason: FlowCloseReason = 'slow-message'
		if (this.#keepAlive && (this.#pongSeen || this.#keepAlive.expectPong === 'always') && this.#pongDueAt < at) {
			at = this.#pongDueAt
			reason = 'keep-alive'
		}
		if (direction === 'outbound') return { at, reason }
		const silentAt = this.#messageSeen
			? this.#lastReceivedAt + limits.idleTimeoutMs
			: this.#openedAt + limits.firstMessageTimeoutMs
		return silentAt < at ? { at: silentAt, reason: 'idle' } : { at, reason }
	}

	/** 80 to 100 % of the interval, so that flows opened together do not ping together (RFC 5626 4.4.1). */
	#pingDelay(keepAlive: KeepAliveOptions): number {
		return keepAlive.intervalMs * (0.8 + 0.2 * this.#options.random())
	}
}
