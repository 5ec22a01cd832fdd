import type { SoftphoneAccount } from '../peers/real-phone.ts'

/** What the process of an edge phone is asked to do. It hears credentials here: arguments of a process are read by anybody. */
export type PhoneRequest =
	/** The first one: where the edge listens on 127.0.0.1, and the instance-id of the device (RFC 5626 4.1). */
	| { readonly type: 'place'; readonly edgePort: number; readonly instanceId: string }
	| { readonly type: 'register'; readonly account: SoftphoneAccount }
	| { readonly type: 'unregister' }
	/** Calls, and hangs up when it was answered. */
	| { readonly type: 'callBriefly'; readonly to: string }

export interface PhoneOrder {
	/** Of the reply. */
	readonly id: number
	readonly request: PhoneRequest
}

/** What that process tells the one that started it. */
export type PhoneReport =
	| { readonly type: 'done'; readonly id: number }
	| { readonly type: 'failed'; readonly id: number; readonly message: string }
	/** A call came in. */
	| { readonly type: 'rung'; readonly callId: string }
	/** A call that came in is over. */
	| { readonly type: 'over' }
