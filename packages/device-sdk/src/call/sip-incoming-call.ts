import { Events, type Unsubscribe } from '../events.ts'
import type { CallLeg, CallParty } from './call-leg.ts'
import { type CallEnd, CallEndedError, type CallState, type IncomingCall } from './incoming-call.ts'
import type { SdpAnswer } from './sdp.ts'

/** What a push (or the control API) says of a call. */
export interface CallNews {
	readonly sipCallId: string
	readonly callId: string
	readonly accountId: string
	readonly from: CallParty
	readonly to: string
}

export interface CallOptions {
	/** Refuses a call whose INVITE is not here, through the control API. */
	declineByApi(callId: string): Promise<void>
	onEnded(call: SipIncomingCall): void
}

interface CallEvents {
	state: CallState
	ended: CallEnd
}

const DECLINE = 603
const TEMPORARILY_UNAVAILABLE = 480

const CANCELLED: readonly CallEnd[] = ['cancelled', 'answered-elsewhere', 'declined-elsewhere']

/** The call as the SDK sees it: what the app holds, and how a push and a leg reach it. */
export class SipIncomingCall implements IncomingCall {
	readonly sipCallId: string
	readonly #legCallId: string | undefined
	readonly #options: CallOptions
	readonly #events = new Events<CallEvents>()
	#party: { from: CallParty; to: string }
	#ids: { callId: string; accountId: string } | undefined
	#state: CallState = 'announced'
	#end: CallEnd | undefined
	#leg: CallLeg | undefined
	#confirmed = false
	#acceptance: { answer: SdpAnswer | undefined; done: PromiseWithResolvers<void> } | undefined

	constructor(origin: CallNews | CallLeg, options: CallOptions) {
		this.sipCallId = origin.sipCallId
		this.#legCallId = origin.callId
		this.#options = options
		this.#party = { from: origin.from, to: origin.to }
	}

	get callId(): string | undefined {
		return this.#ids?.callId ?? this.#legCallId
	}

	/**
	 * Whether the push or INVITE with these ids is of this call. A caller's Call-ID is the same for two lines that it rings at once,
	 * and for its next attempt; it only counts where one of the two has no id of ours.
	 */
	isOf({ callId, sipCallId }: Pick<CallLeg, 'callId' | 'sipCallId'>): boolean {
		const own = this.callId
		return own === undefined || callId === undefined ? this.sipCallId === sipCallId : own === callId
	}

	get accountId(): string | undefined {
		return this.#ids?.accountId
	}

	get from(): CallParty {
		return this.#party.from
	}

	get to(): string {
		return this.#party.to
	}

	get state(): CallState {
		return this.#state
	}

	get offer(): string | undefined {
		return this.#leg?.offer
	}

	get end(): CallEnd | undefined {
		return this.#end
	}

	/** Whether the caller has confirmed our answer, after which no second INVITE can stand for this call. */
	get confirmed(): boolean {
		return this.#confirmed
	}

	/** A push told of it: it names the call at the control API, and its names are what the tenant shows. */
	announced(news: CallNews): void {
		this.#ids = { callId: news.callId, accountId: news.accountId }
		this.#party = { from: news.from, to: news.to }
	}

	/** Its INVITE is here, or is here again by another way. */
	invited(leg: CallLeg): void {
		this.#leg = leg
		leg.listener = {
			onConfirmed: () => {
				if (this.#leg === leg) this.#confirmed = true
			},
			onEnded: (why) => {
				if (this.#leg === leg) this.finish(why)
			},
		}
		if (this.#acceptance) {
			this.#answer()
		} else {
			leg.ring()
			this.#enter('ringing')
		}
	}

	/** Ends it as far as the app is concerned; nothing is sent. */
	finish(end: CallEnd): void {
		if (this.#state === 'ended') return
		this.#end = end
		const acceptance = this.#acceptance
		this.#acceptance = undefined
		this.#enter('ended')
		acceptance?.done.reject(new CallEndedError(end))
		this.#events.emit('ended', end)
		this.#options.onEnded(this)
	}

	accept(answer?: SdpAnswer): Promise<void> {
		if (this.#end !== undefined) return Promise.reject(new CallEndedError(this.#end))
		if (!this.#acceptance) {
			this.#acceptance = { answer, done: Promise.withResolvers<void>() }
			// The app may leave the promise alone and listen to the call's events instead.
			this.#acceptance.done.promise.catch(() => {})
			if (this.#leg) this.#answer()
		}
		return this.#acceptance.done.promise
	}

	async decline(status = DECLINE): Promise<void> {
		if (this.#state === 'answered') return this.hangup()
		if (this.#state === 'ended') return
		const { callId } = this
		this.#leg?.decline(status)
		const tellApi = this.#leg === undefined && callId !== undefined
		this.finish('declined')
		if (tellApi) await this.#options.declineByApi(callId)
	}

	async hangup(): Promise<void> {
		if (this.#state !== 'answered') return this.decline(this.#acceptance ? TEMPORARILY_UNAVAILABLE : DECLINE)
		const leg = this.#leg
		this.finish('ended-here')
		await leg?.hangUp()
	}

	onState(listener: (state: CallState) => void): Unsubscribe {
		return this.#events.on('state', listener)
	}

	onEnded(listener: (end: CallEnd) => void): Unsubscribe {
		if (this.#end === undefined) return this.#events.on('ended', listener)
		listener(this.#end)
		return () => {}
	}

	onCancelled(listener: (end: CallEnd) => void): Unsubscribe {
		return this.onEnded((end) => {
			if (CANCELLED.includes(end)) listener(end)
		})
	}

	#answer(): void {
		const leg = this.#leg
		const acceptance = this.#acceptance
		if (!leg || !acceptance) return
		// An INVITE that came again is answered again; for the app the call is answered all the same.
		if (this.#state !== 'answered') this.#enter('answering')
		leg.accept(acceptance.answer).then(
			() => this.#answered(leg, acceptance.done),
			(error: unknown) => this.#notAnswered(leg, acceptance.done, error),
		)
	}

	#answered(leg: CallLeg, done: PromiseWithResolvers<void>): void {
		if (this.#leg !== leg || this.#state === 'ended') return
		this.#enter('answered')
		done.resolve()
	}

	/** The call ends by the leg's own report; the reason is told to whoever waits for the answer. */
	#notAnswered(leg: CallLeg, done: PromiseWithResolvers<void>, error: unknown): void {
		if (this.#leg !== leg) return
		done.reject(error)
		this.finish('failed')
	}

	#enter(state: CallState): void {
		if (this.#state === state) return
		this.#state = state
		this.#events.emit('state', state)
	}
}
