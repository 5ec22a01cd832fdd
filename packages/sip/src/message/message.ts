import type { Headers } from './headers.ts'

/** A SIP request (RFC 3261 7.1). `uri` is the Request-URI as text; parse it with `parseUri` when needed. */
export interface SipRequest {
	readonly kind: 'request'
	readonly method: string
	readonly uri: string
	readonly headers: Headers
	readonly body: Uint8Array
}

/** A SIP response (RFC 3261 7.2). */
export interface SipResponse {
	readonly kind: 'response'
	readonly status: number
	readonly reason: string
	readonly headers: Headers
	readonly body: Uint8Array
}

export type SipMessage = SipRequest | SipResponse

/** The body of a message that has none. */
export const EMPTY_BODY: Uint8Array = new Uint8Array(0)
