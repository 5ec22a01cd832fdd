import type { Unsubscribe } from '../events.ts'
import type { CallParty, RemoteEnd } from './call-leg.ts'
import type { SdpAnswer } from './sdp.ts'

/**
 * `announced` a push told of it and its INVITE is awaited; `ringing` the INVITE is here; `answering` the user has
 * accepted; `answered` the caller has the answer on its way; `ended`.
 */
export type CallState = 'announced' | 'ringing' | 'answering' | 'answered' | 'ended'

/**
 * Why a call ended: what the other side did; `declined`, `ended-here` what this one did; `expired` a push told of a call
 * whose INVITE never came.
 */
export type CallEnd = RemoteEnd | 'declined' | 'ended-here' | 'expired'

/** The call is over: there is nothing left to accept. */
export class CallEndedError extends Error {
	readonly end: CallEnd

	constructor(end: CallEnd) {
		super(`the call is over: ${end}`)
		this.name = 'CallEndedError'
		this.end = end
	}
}

/** One incoming call, whether its push or its INVITE came first. */
export interface IncomingCall {
	/** Call-ID of the caller's dialog at the upstream server; the push said the same. */
	readonly sipCallId: string
	/** Id at the control API, where a push or the INVITE told it. */
	readonly callId: string | undefined
	/** The line, where a push told it. */
	readonly accountId: string | undefined
	readonly from: CallParty
	readonly to: string
	readonly state: CallState
	/** The caller's SDP offer, once the INVITE is here and if it carries one. */
	readonly offer: string | undefined
	/** Why it ended, once it has. */
	readonly end: CallEnd | undefined
	/**
	 * Answers. Before the INVITE is here this waits for it, so that the user may answer as soon as the phone rings.
	 * `answer` may be left out where sip.js's WebRTC handler makes it.
	 *
	 * @throws CallEndedError when the call ends first; what the answer's maker throws.
	 */
	accept(answer?: SdpAnswer): Promise<void>
	/** Refuses, with a SIP status (default 603). Before the INVITE is here the control API is told. No error when it is over. */
	decline(status?: number): Promise<void>
	/** Ends it, whatever its state: BYE when it is answered, else a refusal. No error when it is over. */
	hangup(): Promise<void>
	/** Called on each change of state. */
	onState(listener: (state: CallState) => void): Unsubscribe
	/** Called once when it ends, or at once when it has. */
	onEnded(listener: (end: CallEnd) => void): Unsubscribe
	/** Called once when the caller gives up, or another device takes or refuses the call, before it is answered here. */
	onCancelled(listener: (end: CallEnd) => void): Unsubscribe
}
