import type { CallCancelledNotice } from '@vigil/contracts'
import type { SdpAnswer } from './sdp.ts'

export interface CallParty {
	readonly uri: string
	readonly displayName?: string | undefined
}

/** Why the other side ended it, as its Reason header says (RFC 3326). */
export type RemoteEnd = 'cancelled' | 'answered-elsewhere' | 'declined-elsewhere' | 'hung-up' | 'no-answer' | 'failed'

/** The same, as a push says it. */
export function endOfNotice({ reason }: Pick<CallCancelledNotice, 'reason'>): RemoteEnd {
	switch (reason) {
		case 'busy-elsewhere':
			return 'declined-elsewhere'
		case 'answered-elsewhere':
		case 'declined-elsewhere':
		case 'no-answer':
			return reason
		default:
			return 'cancelled'
	}
}

export interface CallLegListener {
	/** The caller has our answer (ACK). */
	onConfirmed(): void
	/** The other side ended it; not called for what we ended. */
	onEnded(why: RemoteEnd): void
}

/** The SIP side of one incoming call: an INVITE and what follows from it. */
export interface CallLeg {
	/** `X-Push-ID` of the INVITE, or its Call-ID. */
	readonly sipCallId: string
	/** `X-Vigil-Call` of the INVITE: the call's id at the control API. Call-IDs are their callers' and may come again. */
	readonly callId: string | undefined
	readonly from: CallParty
	readonly to: string
	/** The caller's SDP offer. */
	readonly offer: string | undefined
	listener: CallLegListener | undefined
	/** 180 Ringing. */
	ring(): void
	/** Resolves when the 200 is on its way; rejects when the call ended before. */
	accept(answer: SdpAnswer | undefined): Promise<void>
	/** Refuses with a SIP status, 400 to 699. */
	decline(status: number): void
	/** BYE; resolves when it is answered. */
	hangUp(): Promise<void>
	/** Forgets the leg without a word, because the same INVITE came again by another way. */
	forget(): void
}
