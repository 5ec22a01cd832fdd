import type { Dialog } from '../dialog/dialog.ts'
import type { HeaderPair } from '../message/build.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { RunningTimers } from '../running-timers.ts'
import type { Step } from '../step.ts'
import type { TimerValues } from '../transaction/timer-values.ts'
import type { Fork, ReliableProvisional } from './fork.ts'
import type { Privacy } from './privacy.ts'

/** The two sides of a bridge: we are the UAS of the `caller`, who sent the INVITE, and the UAC of the `callee`, whom it goes on to. */
export type Leg = 'caller' | 'callee'

/** Why a call ended. */
export type EndCause =
	/** BYE from `by`. */
	| 'bye'
	/** The caller cancelled before the answer. */
	| 'cancelled'
	/** The callee (or the way to it) refused or failed before the answer; `rejected` carried the response. */
	| 'rejected'
	/** The owner took the ringing away from this callee (`withdraw`). */
	| 'withdrawn'
	/** The owner ended the call (`hangUp`). */
	| 'hung-up'
	/** `by` did not answer a request in 64*T1 or answered 408 (RFC 3261 12.2.1.2). */
	| 'timeout'
	/** A request could not be sent to `by`. */
	| 'transport'
	/** `by` answered 481: it knows no such dialog (RFC 3261 12.2.1.2). */
	| 'dialog-gone'
	/** `by` never acknowledged a 2xx (RFC 3261 13.3.1.4). */
	| 'no-ack'

/** What happens to a bridge. Everything is plain data; `transactionId`s of incoming requests are chosen by the driver. */
export type BridgeInput =
	/** A request inside the call arrived on a leg (not ACK, not CANCEL). `transactionId` names its server transaction. */
	| { readonly type: 'request'; readonly leg: Leg; readonly transactionId: string; readonly request: SipRequest }
	/** A CANCEL for the INVITE with that server transaction; the transaction layer has answered the CANCEL itself with 200. */
	| { readonly type: 'cancel'; readonly leg: Leg; readonly transactionId: string; readonly cancel: SipRequest }
	/** An ACK for a 2xx. */
	| { readonly type: 'ack'; readonly leg: Leg; readonly ack: SipRequest }
	/** A response to a request that the bridge sent. Without `transactionId`: a repeated or forked 2xx to an INVITE that no client transaction matches any more. */
	| {
			readonly type: 'response'
			readonly leg: Leg
			readonly transactionId: string | undefined
			readonly response: SipResponse
	  }
	/** A request that the bridge sent got no final response in time, or could not be sent. */
	| {
			readonly type: 'failed'
			readonly leg: Leg
			readonly transactionId: string
			readonly cause: 'timeout' | 'transport'
	  }
	/** The instant that the state asked for has come. */
	| { readonly type: 'due' }
	/** The owner stops the ringing of this callee (another one answered, wake deadline): CANCEL with these headers, e.g. Reason. The caller's INVITE stays with the owner. Ignored once answered. */
	| { readonly type: 'withdraw'; readonly headers?: readonly HeaderPair[] }
	/** The owner ends the call: before the answer CANCEL to the callee and `status` (480) to the caller, after it BYE to both. */
	| {
			readonly type: 'hang-up'
			readonly status?: number
			readonly headers?: readonly HeaderPair[]
			readonly cause?: EndCause
			readonly by?: Leg
	  }
	/** The peer of a leg is reachable elsewhere now (a device that re-attached in mid-call); requests go there from now on. */
	| {
			readonly type: 'retarget'
			readonly leg: Leg
			readonly remoteTarget: string
			readonly routes?: readonly string[]
	  }
	/** The answer to a `challenged` effect: header fields (Authorization, Proxy-Authorization) to repeat the request with; none refuses it. */
	| { readonly type: 'credentials'; readonly transactionId: string; readonly headers: readonly HeaderPair[] }

/** What a bridge wants done. */
export type BridgeEffect =
	/** Send this request (it has no Via yet) in a new client transaction called `transactionId`; answers come back as `response` or `failed`. */
	| { readonly type: 'send-request'; readonly leg: Leg; readonly transactionId: string; readonly request: SipRequest }
	/** CANCEL the INVITE that was sent as `transactionId` (waiting for a provisional response first, RFC 3261 9.1), with these headers added. */
	| {
			readonly type: 'send-cancel'
			readonly leg: Leg
			readonly transactionId: string
			readonly headers: readonly HeaderPair[]
	  }
	/** Send a response in the server transaction that the driver called `transactionId`; a 2xx to an INVITE may come several times. */
	| { readonly type: 'respond'; readonly leg: Leg; readonly transactionId: string; readonly response: SipResponse }
	/** Send an ACK for a 2xx (it has no Via yet), outside of any transaction. */
	| { readonly type: 'send-ack'; readonly leg: Leg; readonly ack: SipRequest }
	/** The callee answered provisionally. For the timeline; relaying it is a `respond` of its own. */
	| { readonly type: 'progress'; readonly status: number }
	/** The callee answered with a 2xx, which goes to the caller in the same step. This bridge has won. */
	| { readonly type: 'answered' }
	/** The caller sees one more early dialog, under this To tag of ours: requests that carry it are for this bridge. Only with `earlyDialogs: 'each'`. */
	| { readonly type: 'forked'; readonly callerTag: string }
	/**
	 * The callee leg ended before an answer: the callee refused, or the INVITE got no answer at all, or could not be sent.
	 * `response` is made for the caller's INVITE; with `rejections: 'relay'` it goes out by a `respond` of the same step.
	 */
	| {
			readonly type: 'rejected'
			readonly response: SipResponse
			readonly cause: 'response' | 'timeout' | 'transport'
	  }
	/** The leg that the option `challenges` names asks for credentials; answer with the input `credentials`. */
	| {
			readonly type: 'challenged'
			readonly leg: Leg
			readonly transactionId: string
			readonly request: SipRequest
			readonly response: SipResponse
	  }
	/**
	 * The call is over, as far as this bridge goes. Comes exactly once. Without `answered` before it, the caller's INVITE is the
	 * owner's to answer after `withdraw`, and after anything with `rejections: 'report'`.
	 */
	| { readonly type: 'ended'; readonly cause: EndCause; readonly by: Leg | 'bridge' }
	/** Both legs are closed; the driver may forget the bridge. Comes exactly once, never before `ended`. */
	| { readonly type: 'released' }

/**
 * Where a leg stands.
 *
 *     inviting --2xx--> confirmed --BYE sent--> closing --answer, failure--> closed
 *        |                  \--BYE received------------------------------------^
 *        |--CANCEL sent (callee only)--> cancelling --final response, 64*T1----^
 *        \--final response other than 2xx--------------------------------------^
 */
export type LegPhase = 'inviting' | 'cancelling' | 'confirmed' | 'closing' | 'closed'

/** One side of the bridge. */
export interface LegState {
	readonly phase: LegPhase
	/** Absent on the callee leg until a response with a To tag came. While there are several (`Fork`): that of the fork in focus. */
	readonly dialog: Dialog | undefined
	/** Our Contact header value towards this leg. */
	readonly contact: string
	/** A BYE that waits for the ACK of our 2xx, as RFC 3261 15 demands of a callee (caller leg only). */
	readonly deferredBye: SipRequest | undefined
}

/** How a bridge is to behave; fixed at its start. */
export interface BridgeOptions {
	readonly timers: TimerValues
	/**
	 * `relay`: the end of the callee leg before an answer, and a CANCEL, answer the caller's INVITE. `report`: the bridge never
	 * sends a final response other than 2xx to it; its owner does, who may be ringing other devices.
	 */
	readonly rejections: 'relay' | 'report'
	/**
	 * The leg whose 401 and 407 are the owner's to answer: they become the effect `challenged` and never reach the other leg, which
	 * would answer them with credentials of its own. One that stays unanswered is a 403 there, and so is one of the leg that is not
	 * named here: credentials do not pass the bridge, so nobody behind it could answer.
	 */
	readonly challenges: Leg | undefined
	/** The leg that ends at a device, which is outside of the trust domain (RFC 3325 2); undefined when neither does. */
	readonly device: Leg | undefined
	/**
	 * What the caller sees of a callee that is forked (RFC 3261 13.2.2.4). `each`: an early dialog for every one that there is, with a To tag
	 * of its own. `one`: a single one, in which the newest counts.
	 */
	readonly earlyDialogs: 'one' | 'each'
	/** The last RSeq that the owner used towards the caller in a reliable provisional response of its own (RFC 3262); the callee's are numbered after it. */
	readonly lastRSeq: number | undefined
}

/** What a request sent by the bridge is for. */
type ExchangePurpose =
	/** The INVITE that began the call. */
	| 'initial'
	/** Passed on from the other leg. */
	| 'relay'
	/** The bridge's own BYE; its end closes the leg. */
	| 'bye'
	/** The bridge's own BYE to a branch of the callee that answered too late, or that the caller does not want. */
	| 'discard'
	/** The bridge's own PRACK, in the caller's place. */
	| 'prack'

/** How far a request has come. */
type ExchangePhase =
	/** Sent, no final response yet. */
	| 'pending'
	/** Its receiver asked for credentials; waiting for the input `credentials`. */
	| 'challenged'
	/** INVITE only: 2xx passed back, ACK awaited. */
	| 'accepted'
	/** INVITE only: ACK came, or is not waited for any more. Kept to repeat the ACK. */
	| 'acknowledged'
	/** INVITE only: its originator has been answered by the bridge; a late 2xx still wants its ACK. */
	| 'abandoned'

/** A request that the bridge sent, passed on or its own. */
export interface Exchange {
	/** The client transaction's id. */
	readonly id: string
	readonly purpose: ExchangePurpose
	readonly phase: ExchangePhase
	/** The leg that the request was sent to. */
	readonly to: Leg
	/** The request as it was sent (without Via). */
	readonly sent: SipRequest
	/** The request that it came from, on the other leg; undefined for the bridge's own. */
	readonly origin: { readonly transactionId: string; readonly request: SipRequest } | undefined
	/** True once a CANCEL was passed on. */
	readonly cancelled: boolean
	/** How often credentials have been tried. */
	readonly attempts: number
	/** What was passed back and is repeated until the ACK (2xx to INVITE), or the challenge that waits for credentials. */
	readonly response: SipResponse | undefined
	/** The To tag of the 2xx, and the ACK sent for it. */
	readonly acceptedTag: string | undefined
	readonly ack: SipRequest | undefined
	/** What the timer that repeats the 2xx was last set to, milliseconds. */
	readonly intervalMs: number
}

/** The whole state of a bridge: plain data. */
export interface BridgeState {
	readonly options: BridgeOptions
	readonly callerInvite: SipRequest
	/** The To tag that the caller sees: of the first early dialog, and of refusals. Those of further ones begin with it. */
	readonly callerTag: string
	/** The caller's dialog as it was at the beginning, from which those of further forks are made. */
	readonly callerDialog: Dialog
	readonly legs: Readonly<Record<Leg, LegState>>
	/** The forks that are not in focus: their dialogs are not those of the legs at the moment. Empty once the call is answered. */
	readonly otherForks: readonly Fork[]
	/** Of the fork in focus. */
	readonly reliable: ReliableProvisional | undefined
	/** How many To tags the caller has seen. */
	readonly forkCount: number
	/** What the leg within the trust domain wants kept back from the device; its last word counts. */
	readonly privacy: Privacy | undefined
	/** Requests sent, by the id of their client transaction. */
	readonly exchanges: Readonly<Record<string, Exchange>>
	/** Counts the client transactions; their ids are `b1` (the INVITE to the callee), `b2`, ... */
	readonly sentCount: number
	/** Added to the callee's RSeq numbers on their way to the caller; undefined before the first. */
	readonly rseqShift: number | undefined
	readonly ended: boolean
	readonly released: boolean
	/** `repeat:`, `ack:` or `cancel:` and the id of the exchange, or `prack:` and the caller's tag. */
	readonly runningTimers: RunningTimers
	/** When the first of them is over. */
	readonly dueAtMs: number | undefined
}

/** What `startBridge` and `stepBridge` give: the next state, and the effects in the order in which they are to be carried out. */
export type BridgeStep = Step<BridgeState, BridgeEffect>
