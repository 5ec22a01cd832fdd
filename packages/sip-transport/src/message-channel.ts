import type { SipMessage, SipResponse } from '@vigil/sip'
import type { Flow } from './flow.ts'
import type { TransportError } from './transport-error.ts'

export type Unsubscribe = () => void
/** `octets`: how many the message had as it came. */
export type MessageReceiver = (message: SipMessage, flow: Flow, octets: number) => void
export type SendFailure = (error: TransportError) => void

/** What the transaction layer needs of the transports below it. `TransportManager` is the real one. */
export interface MessageChannel {
	/** Every well-formed message that comes in; the top Via of a request already carries `received` and `rport`. */
	onMessage(receive: MessageReceiver): Unsubscribe
	/** Sends on that flow. Throws only when the message cannot be written (a header value with a line break). */
	send(message: SipMessage, flow: Flow, onFailure?: SendFailure): void
	/** Sends a response to where its top Via says (RFC 3261 18.2.2); `flow` is the flow that brought the request. */
	reply(response: SipResponse, flow: Flow, onFailure?: SendFailure): void
}
