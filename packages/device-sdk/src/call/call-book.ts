import type { Timers } from '../timers.ts'
import type { CallLeg } from './call-leg.ts'
import { type CallNews, DeviceCall } from './device-call.ts'
import type { IncomingCall } from './incoming-call.ts'

export interface CallBookOptions {
	readonly timers: Timers
	declineByApi(callId: string): Promise<void>
	/** A call that the app does not know yet. */
	onIncoming(call: IncomingCall): void
}

/** The INVITE may come this long after a deadline that looks past: the phone's clock may be wrong, the network slow. */
const GRACE_MS = 5000
/** A deadline further away than this is a wrong clock too. */
const LONGEST_WAIT_MS = 180_000
/** How many ended calls are remembered, so that a late push or INVITE does not ring again. */
const REMEMBERED = 64

const DECLINE = 603
const TEMPORARILY_UNAVAILABLE = 480
/** A merged request (RFC 3261 8.2.2.2). */
const LOOP_DETECTED = 482

/**
 * Puts pushes and INVITEs of the same call together by the upstream Call-ID, whichever comes first: one call, one
 * `onIncoming`.
 */
export class CallBook {
	readonly #options: CallBookOptions
	readonly #live = new Map<string, DeviceCall>()
	readonly #over = new Map<string, DeviceCall>()
	readonly #waits = new Map<DeviceCall, object>()

	constructor(options: CallBookOptions) {
		this.#options = options
	}

	/** Calls that are not over, oldest first. */
	get live(): readonly IncomingCall[] {
		return [...this.#live.values()]
	}

	/** The call, also one that ended lately. */
	find(sipCallId: string): IncomingCall | undefined {
		return this.#live.get(sipCallId) ?? this.#over.get(sipCallId)
	}

	/** A push, or the control API, tells of a call. A second telling changes nothing. */
	announced(news: CallNews, deadlineMs: number): void {
		if (this.#over.has(news.sipCallId)) return
		const known = this.#live.get(news.sipCallId)
		const call = known ?? this.#open(new DeviceCall(news, this.#callOptions()))
		call.announced(news)
		if (known) return
		this.#awaitInvite(call, deadlineMs)
		this.#options.onIncoming(call)
	}

	/** A push says that the caller has given up. Once the INVITE is here, SIP says so itself. */
	cancelled(news: CallNews): void {
		const call = this.#live.get(news.sipCallId)
		if (call?.state === 'announced') call.finish('cancelled')
		if (call || this.#over.has(news.sipCallId)) return
		this.#open(new DeviceCall(news, this.#callOptions())).finish('cancelled')
	}

	/** An INVITE is here. */
	invited(leg: CallLeg): void {
		const known = this.#live.get(leg.sipCallId)
		const refusal = this.#refusalOf(leg.sipCallId, known)
		if (refusal !== undefined) {
			leg.decline(refusal)
			return
		}
		const call = known ?? this.#open(new DeviceCall(leg, this.#callOptions()))
		this.#stopWaiting(call)
		call.invited(leg)
		if (!known) this.#options.onIncoming(call)
	}

	/** Ends every call that has an INVITE; a call that did not get so far stays open for another attachment. */
	async hangUpAll(): Promise<void> {
		const calls = [...this.#live.values()].filter((call) => call.state !== 'announced')
		await Promise.allSettled(
			calls.map((call) => (call.state === 'ringing' ? call.decline(TEMPORARILY_UNAVAILABLE) : call.hangup())),
		)
	}

	/** The way to the edge is gone for good: calls that had an INVITE are over. */
	legsLost(): void {
		for (const call of [...this.#live.values()]) if (call.state !== 'announced') call.finish('failed')
	}

	/** The status for an INVITE that rings no more; undefined when it may ring. */
	#refusalOf(sipCallId: string, known: DeviceCall | undefined): number | undefined {
		if (known?.confirmed) return LOOP_DETECTED
		const end = this.#over.get(sipCallId)?.end
		// An INVITE shows that these were not the end after all.
		if (end === undefined || end === 'expired' || end === 'failed') return undefined
		return end === 'declined' || end === 'ended-here' ? DECLINE : TEMPORARILY_UNAVAILABLE
	}

	#open(call: DeviceCall): DeviceCall {
		this.#over.delete(call.sipCallId)
		this.#live.set(call.sipCallId, call)
		return call
	}

	#callOptions() {
		return {
			declineByApi: this.#options.declineByApi,
			onEnded: (call: DeviceCall) => {
				this.#stopWaiting(call)
				this.#live.delete(call.sipCallId)
				this.#remember(call)
			},
		}
	}

	#remember(call: DeviceCall): void {
		this.#over.set(call.sipCallId, call)
		const [oldest] = this.#over.keys()
		if (this.#over.size > REMEMBERED && oldest !== undefined) this.#over.delete(oldest)
	}

	#awaitInvite(call: DeviceCall, deadlineMs: number): void {
		const { timers } = this.#options
		const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(GRACE_MS, deadlineMs - timers.now()))
		const timer = timers.setTimer(waitMs, () => call.finish('expired'))
		this.#waits.set(call, timer)
	}

	#stopWaiting(call: DeviceCall): void {
		const timer = this.#waits.get(call)
		if (timer) this.#options.timers.clearTimer(timer)
		this.#waits.delete(call)
	}
}
