import type { Dialog } from '../dialog/dialog.ts'
import type { SipResponse } from '../message/message.ts'

/** The last reliable provisional response of a fork (RFC 3262), with the callee's number. */
export interface ReliableProvisional {
	readonly rseq: number
	/** Who has acknowledged it: nobody yet, the caller, or the bridge (`ours`). */
	readonly phase: 'awaited' | 'acknowledged' | 'ours'
	/** True when its body is an offer. */
	readonly isOffer: boolean
	readonly response: SipResponse
}

/** One early dialog of the callee, and the one that the caller sees for it. */
export interface Fork {
	readonly caller: Dialog | undefined
	readonly callee: Dialog | undefined
	readonly reliable: ReliableProvisional | undefined
	/** True when this end is out of the call while others still ring. */
	readonly over: boolean
}
