import { type Core, Inviter, type Session, SessionState, type URI, UserAgent } from 'sip.js'
import { Events, type Unsubscribe } from '../events.ts'
import type { DeviceIdentity } from '../identity.ts'
import type { SdpHandlerOptions } from '../sip/sdp-handler.ts'
import type { SdpAnswer } from './sdp.ts'

/** `calling` nothing heard yet; `ringing` the other end rings, or the network says how it goes; `answered`; `ended`. */
export type OutgoingState = 'calling' | 'ringing' | 'answered' | 'ended'

/** Why a call that was made ended: `refused` by the other end or on the way, see `refusal`. */
export type OutgoingEnd = 'refused' | 'hung-up' | 'ended-here' | 'failed'

export interface DialOptions {
	/** The line to call by; may be left out where the device has only one. */
	readonly accountId?: string
	/** The SDP offer, or what makes it; left out where sip.js's WebRTC handler does. */
	readonly offer?: SdpAnswer
	readonly displayName?: string
}

export interface Refusal {
	readonly status: number
	readonly reason: string
	/** What the service adds in words (Warning, RFC 3261 20.43), for the app's log. */
	readonly warning: string | undefined
}

/** A call that the app makes through the service; for lines in continuous mode. */
export interface OutgoingCall {
	/** URI that was dialled. */
	readonly to: string
	readonly state: OutgoingState
	/** The other end's SDP, once it is here. */
	readonly answer: string | undefined
	readonly end: OutgoingEnd | undefined
	readonly refusal: Refusal | undefined
	/** Ends it, whatever its state. No error when it is over. */
	hangup(): Promise<void>
	onState(listener: (state: OutgoingState) => void): Unsubscribe
	/** Called once when it ends, or at once when it has. */
	onEnded(listener: (end: OutgoingEnd) => void): Unsubscribe
}

/**
 * Calls: `target` is a `sip:` URI, or a user or number at the line's own server.
 *
 * @throws TypeError when the target is no address, or it is not clear which line is to call.
 */
export function dial(
	userAgent: UserAgent,
	{ lines }: Pick<DeviceIdentity, 'lines'>,
	target: string,
	options: DialOptions,
): OutgoingCall {
	const line = lines.length === 1 ? lines[0] : lines.find(({ accountId }) => accountId === options.accountId)
	if (!line || (options.accountId ?? line.accountId) !== line.accountId) throw new TypeError('which line is to call?')
	const host = line.aor.slice(line.aor.lastIndexOf('@') + 1)
	const uri = UserAgent.makeURI(/^sips?:/i.test(target) ? target : `sip:${encodeURI(target)}@${host}`)
	const from = UserAgent.makeURI(line.aor)
	if (!uri || !from) throw new TypeError(`not an address that can be called: ${target}`)
	return new SipOutgoingCall(userAgent, from, uri, options)
}

class SipOutgoingCall implements OutgoingCall {
	readonly to: string
	readonly #inviter: Inviter
	readonly #events = new Events<{ state: OutgoingState; ended: OutgoingEnd }>()
	#state: OutgoingState = 'calling'
	#answer: string | undefined
	#end: OutgoingEnd | undefined
	#refusal: Refusal | undefined
	/** What the end means when sip.js tells of it. */
	#expected: OutgoingEnd = 'failed'

	constructor(userAgent: UserAgent, from: URI, to: URI, { offer, displayName }: DialOptions) {
		this.to = String(to)
		const handlerOptions: SdpHandlerOptions = offer === undefined ? {} : { answer: offer }
		this.#inviter = new Inviter(userAgent, to, {
			params: { fromUri: from, ...(displayName !== undefined && { fromDisplayName: displayName }) },
			sessionDescriptionHandlerOptions: { ...handlerOptions },
			sessionDescriptionHandlerOptionsReInvite: { ...handlerOptions },
		})
		this.#listen()
		const requestDelegate = {
			onProgress: ({ message }: Core.IncomingResponse) => {
				if ((message.statusCode ?? 0) > 100) this.#enter('ringing')
			},
			onAccept: ({ message }: Core.IncomingResponse) => {
				this.#answer = message.body === '' ? undefined : message.body
			},
			onRedirect: ({ message }: Core.IncomingResponse) => this.#refused(message),
			onReject: ({ message }: Core.IncomingResponse) => this.#refused(message),
		}
		this.#inviter.invite({ requestDelegate }).catch(() => this.#finish('failed'))
	}

	get state(): OutgoingState {
		return this.#state
	}

	get answer(): string | undefined {
		return this.#answer
	}

	get end(): OutgoingEnd | undefined {
		return this.#end
	}

	get refusal(): Refusal | undefined {
		return this.#refusal
	}

	async hangup(): Promise<void> {
		if (this.#end !== undefined) return
		this.#expected = 'ended-here'
		if (this.#inviter.state === SessionState.Established) await this.#bye()
		else await this.#inviter.cancel().catch(() => this.#finish('ended-here'))
	}

	onState(listener: (state: OutgoingState) => void): Unsubscribe {
		return this.#events.on('state', listener)
	}

	onEnded(listener: (end: OutgoingEnd) => void): Unsubscribe {
		if (this.#end === undefined) return this.#events.on('ended', listener)
		listener(this.#end)
		return () => {}
	}

	#listen(): void {
		const session: Session = this.#inviter
		session.delegate = {
			// sip.js would follow it and call whom it names.
			onRefer: (referral) => void referral.reject().catch(() => {}),
			onBye: (bye) => {
				this.#expected = 'hung-up'
				void bye.accept().catch(() => {})
			},
		}
		session.stateChange.addListener((state) => {
			if (state === SessionState.Established) this.#enter('answered')
			// sip.js tells of the refusal only after this, in the same turn.
			if (state === SessionState.Terminated) queueMicrotask(() => this.#finish(this.#expected))
		})
	}

	#bye(): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>()
		const done = () => resolve()
		this.#inviter.bye({ requestDelegate: { onAccept: done, onRedirect: done, onReject: done } }).catch(done)
		return promise
	}

	#refused(message: Core.IncomingResponse['message']): void {
		if (this.#expected !== 'ended-here') this.#expected = 'refused'
		const { statusCode: status = 0, reasonPhrase: reason = '' } = message
		this.#refusal = { status, reason, warning: message.getHeader('Warning') }
	}

	#enter(state: OutgoingState): void {
		if (this.#state === state || this.#state === 'ended') return
		this.#state = state
		this.#events.emit('state', state)
	}

	#finish(end: OutgoingEnd): void {
		if (this.#end !== undefined) return
		this.#end = end
		this.#enter('ended')
		this.#events.emit('ended', end)
	}
}
