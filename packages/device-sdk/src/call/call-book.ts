import type { Timers } from '../timers.ts'
import type { CallLeg, RemoteEnd } from './call-leg.ts'
import type { IncomingCall } from './incoming-call.ts'
import { type CallNews, SipIncomingCall } from './sip-incoming-call.ts'

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
 * Puts pushes and INVITEs of the same call together by its id, and by the upstream Call-ID where an INVITE brings no id.
 * Whichever comes first: one call, one `onIncoming`.
 */
export class CallBook {
	readonly #options: CallBookOptions
	/** Oldest first, both. */
	readonly #live = new Set<SipIncomingCall>()
	readonly #over = new Set<SipIncomingCall>()
	readonly #waits = new Map<SipIncomingCall, object>()

	constructor(options: CallBookOptions) {
		this.#options = options
	}

	/** Calls that are not over, oldest first. */
	get live(): readonly IncomingCall[] {
		return [...this.#live]
	}

	/** The newest call with this upstream Call-ID, also one that ended lately. */
	find(sipCallId: string): IncomingCall | undefined {
		const ids = { callId: undefined, sipCallId }
		return newest(this.#live, ids) ?? newest(this.#over, ids)
	}

	/** A push, or the control API, tells of a call. A second telling changes nothing. */
	announced(news: CallNews, deadlineMs: number): void {
		if (newest(this.#over, news)) return
		const known = newest(this.#live, news)
		const call = known ?? this.#open(new SipIncomingCall(news, this.#callOptions()))
		call.announced(news)
		if (known) return
		this.#awaitInvite(call, deadlineMs)
		this.#options.onIncoming(call)
	}

	/** A push says that the call is over, and why. Once the INVITE is here, SIP says so itself. */
	cancelled(news: CallNews, why: RemoteEnd = 'cancelled'): void {
		const call = newest(this.#live, news)
		if (call?.state === 'announced') call.finish(why)
		if (call || newest(this.#over, news)) return
		this.#open(new SipIncomingCall(news, this.#callOptions())).finish(why)
	}

	/** An INVITE is here. */
	invited(leg: CallLeg): void {
		const known = newest(this.#live, leg)
		const refusal = this.#refusalOf(leg, known)
		if (refusal !== undefined) {
			leg.decline(refusal)
			return
		}
		const call = known ?? this.#open(new SipIncomingCall(leg, this.#callOptions()))
		this.#stopWaiting(call)
		call.invited(leg)
		if (!known) this.#options.onIncoming(call)
	}

	/** Ends every call that has an INVITE; a call that did not get so far stays open for another attachment. */
	async hangUpAll(): Promise<void> {
		const calls = [...this.#live].filter((call) => call.state !== 'announced')
		await Promise.allSettled(
			calls.map((call) => (call.state === 'ringing' ? call.decline(TEMPORARILY_UNAVAILABLE) : call.hangup())),
		)
	}

	/** The way to the edge is gone for good: calls that had an INVITE are over. */
	legsLost(): void {
		for (const call of [...this.#live]) if (call.state !== 'announced') call.finish('failed')
	}

	/** The status for an INVITE that rings no more; undefined when it may ring. */
	#refusalOf(leg: CallLeg, known: SipIncomingCall | undefined): number | undefined {
		if (known?.confirmed) return LOOP_DETECTED
		const end = newest(this.#over, leg)?.end
		// An INVITE shows that these were not the end after all.
		if (end === undefined || end === 'expired' || end === 'failed') return undefined
		return end === 'declined' || end === 'ended-here' ? DECLINE : TEMPORARILY_UNAVAILABLE
	}

	#open(call: SipIncomingCall): SipIncomingCall {
		for (const ended of [...this.#over]) if (ended.isOf(call)) this.#over.delete(ended)
		this.#live.add(call)
		return call
	}

	#callOptions() {
		return {
			declineByApi: this.#options.declineByApi,
			onEnded: (call: SipIncomingCall) => {
				this.#stopWaiting(call)
				this.#live.delete(call)
				this.#remember(call)
			},
		}
	}

	#remember(call: SipIncomingCall): void {
		this.#over.add(call)
		const [oldest] = this.#over
		if (this.#over.size > REMEMBERED && oldest !== undefined) this.#over.delete(oldest)
	}

	#awaitInvite(call: SipIncomingCall, deadlineMs: number): void {
		const { timers } = this.#options
		const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(GRACE_MS, deadlineMs - timers.now()))
		const timer = timers.setTimer(waitMs, () => call.finish('expired'))
		this.#waits.set(call, timer)
	}

	#stopWaiting(call: SipIncomingCall): void {
		const timer = this.#waits.get(call)
		if (timer) this.#options.timers.clearTimer(timer)
		this.#waits.delete(call)
	}
}

/** Few calls are live, and few are remembered: they are looked through. */
function newest(
	calls: ReadonlySet<SipIncomingCall>,
	ids: Pick<CallLeg, 'callId' | 'sipCallId'>,
): SipIncomingCall | undefined {
	return [...calls].findLast((call) => call.isOf(ids))
}
