import type { SipMessage, SipRequest, SipResponse } from '@vigil/sip'
import type { Flow, SipEndpoint } from '@vigil/sip-transport'

/** Sends the requests of calls. */
export type CallEndpoint = Pick<SipEndpoint, 'request' | 'sendAck'>

/**
 * The side of one call that faces a SIP server: how requests get there, what the server is shown of us, and who answers its challenges.
 * It is made for the call, and forgotten with it.
 */
export interface CallSide {
	readonly endpoint: CallEndpoint
	/** User part of our Contact in the dialogs of the call, in lower case. */
	readonly contactToken: string
	/** Route values before a request that begins a dialog (RFC 3608), in their order. */
	readonly routes: readonly string[]
	/** Our Contact value towards a server that is reached by the flow. */
	contactFor(flow: Flow): string
	/** Via sent-by (RFC 3261 18.1.1) of requests over the flow. */
	sentByFor(flow: Flow): string
	/** The INVITE that began the call came by that flow. */
	invitedBy(flow: Flow, invite: SipRequest): void
	/** A request within the call, or an ACK, came by that flow. */
	cameBy(flow: Flow, request: SipRequest): void
	/** The flow for a request that begins a dialog. Rejects when there is none. */
	firstFlow(): Promise<Flow>
	/** The flow to the next hop of a request within a dialog, given by its URI. Rejects when it cannot be reached. */
	flowTo(uri: string): Promise<Flow>
	/**
	 * Credentials header fields for a challenge to a request that left by the flow; none for a server that is not to have them. Rejects
	 * when there is no credential.
	 */
	credentialsFor(
		request: SipRequest,
		response: SipResponse,
		flow: Flow,
	): Promise<(readonly [name: string, value: string])[]>
	/** The message as it may pass to the other side, either way: without what is between us and the server alone. */
	withoutSecrets<Message extends SipMessage>(message: Message): Message
}
