import { type Invitation, type Session, SessionState } from 'sip.js'
import type { CallLeg, CallLegListener, CallParty, RemoteEnd } from '../call/call-leg.ts'
import type { SdpAnswer } from '../call/sdp.ts'
import { original, type RequestSummary, SERVICE_CALL_ID } from './message-filter.ts'
import type { SdpHandlerOptions } from './sdp-handler.ts'
import type { SipWebSocket } from './sip-web-socket.ts'

/** One sip.js invitation as a call leg. */
export class InvitationLeg implements CallLeg {
	readonly sipCallId: string
	readonly callId: string | undefined
	readonly from: CallParty
	readonly to: string
	readonly offer: string | undefined
	listener: CallLegListener | undefined
	readonly #invitation: Invitation
	readonly #transport: SipWebSocket
	readonly #branch: string
	#confirmed = false
	/** A failure now is told by `accept`, with its cause. */
	#answering = false
	/** The end came from here, or the leg is forgotten: nobody is told. */
	#quiet = false
	#remoteEnd: RemoteEnd = 'no-answer'

	constructor(invitation: Invitation, transport: SipWebSocket) {
		const { request } = invitation
		const { displayName } = invitation.remoteIdentity
		this.#invitation = invitation
		this.#transport = transport
		this.#branch = request.viaBranch
		this.sipCallId = request.getHeader('X-Push-ID') ?? request.callId
		this.callId = request.getHeader(SERVICE_CALL_ID)
		this.from = { uri: original(String(invitation.remoteIdentity.uri)), ...(displayName && { displayName }) }
		this.to = original(String(invitation.localIdentity.uri))
		this.offer = invitation.body === '' ? undefined : invitation.body
		this.#listen()
	}

	get ended(): boolean {
		return this.#quiet || this.#invitation.state === SessionState.Terminated
	}

	/** Whether this request is the leg's INVITE, sent again in a new transaction (the device attached anew meanwhile). */
	isRepeatedBy(request: RequestSummary): boolean {
		if (request.method !== 'INVITE' || request.hasToTag || this.#confirmed || this.ended) return false
		if (request.serviceCallId !== this.callId) return false
		return request.callId === this.#invitation.request.callId && request.branch !== this.#branch
	}

	ring(): void {
		// A reliable 180 would need our SDP before the user has answered; the caller can do without one.
		const required = this.#invitation.request.getHeader('Require') ?? ''
		if (!/\b100rel\b/i.test(required)) this.#invitation.progress().catch(() => {})
	}

	async accept(answer: SdpAnswer | undefined): Promise<void> {
		const options: SdpHandlerOptions = answer === undefined ? {} : { answer }
		this.#invitation.sessionDescriptionHandlerOptionsReInvite = { ...options }
		this.#remoteEnd = 'failed'
		this.#answering = true
		try {
			await this.#invitation.accept({ sessionDescriptionHandlerOptions: { ...options } })
		} finally {
			this.#answering = false
		}
		if (this.#invitation.state !== SessionState.Established) throw new Error('the call ended before it was answered')
	}

	decline(status: number): void {
		this.#quiet = true
		this.#invitation.reject({ statusCode: status }).catch(() => {})
	}

	hangUp(): Promise<void> {
		this.#quiet = true
		const { promise, resolve } = Promise.withResolvers<void>()
		const done = () => resolve()
		const requestDelegate = { onAccept: done, onRedirect: done, onReject: done }
		this.#invitation.bye({ requestDelegate }).catch(done)
		return promise
	}

	forget(): void {
		this.#quiet = true
		const { userAgentServers } = this.#invitation.userAgent.userAgentCore
		this.#transport.silently(() => {
			if (this.#invitation.state === SessionState.Established) this.#invitation.dialog?.dispose()
			else this.#invitation.dispose().catch(() => {})
		})
		// Else sip.js takes the repeated INVITE for one that came by two ways (482, RFC 3261 8.2.2.2).
		userAgentServers.get(this.#branch)?.dispose()
		userAgentServers.delete(this.#branch)
	}

	#listen(): void {
		const session: Session = this.#invitation
		session.delegate = {
			onAck: () => this.#onAck(),
			// sip.js would follow it and call whom it names.
			onRefer: (referral) => void referral.reject().catch(() => {}),
			// A BYE may overtake the ACK, or the ACK be lost with a connection: it was hung up all the same.
			onBye: (bye) => {
				this.#remoteEnd = 'hung-up'
				void bye.accept().catch(() => {})
			},
			onCancel: ({ request }) => {
				this.#remoteEnd = endOfCancel(request.getHeader('Reason'))
			},
		}
		session.stateChange.addListener((state) => {
			const toldByAccept = this.#answering && this.#remoteEnd === 'failed'
			if (state === SessionState.Terminated && !this.#quiet && !toldByAccept) this.listener?.onEnded(this.#remoteEnd)
		})
	}

	#onAck(): void {
		if (this.#confirmed) return
		this.#confirmed = true
		this.#remoteEnd = 'hung-up'
		if (!this.#quiet) this.listener?.onConfirmed()
	}
}

/** Another device's answer or refusal reaches this one as a CANCEL with that reason (RFC 3326). */
function endOfCancel(reason: string | undefined): RemoteEnd {
	const cause = /\bcause[ \t]*=[ \t]*(\d{3})\b/i.exec(reason ?? '')?.[1]
	if (cause === undefined) return 'cancelled'
	if (cause.startsWith('2')) return 'answered-elsewhere'
	return cause === '600' || cause === '603' || cause === '486' ? 'declined-elsewhere' : 'cancelled'
}
