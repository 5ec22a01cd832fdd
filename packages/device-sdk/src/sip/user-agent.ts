import { type SessionDescriptionHandlerFactory, SIPExtension, UserAgent } from 'sip.js'
import type { DeviceIdentity } from '../identity.ts'
import { InvitationLeg } from './invitation-leg.ts'
import { SipWebSocket, type SipWebSocketOptions } from './sip-web-socket.ts'

export interface DeviceUserAgentOptions extends Omit<SipWebSocketOptions, 'beforeRequest'> {
	readonly identity: DeviceIdentity
	readonly sessionDescriptionHandlerFactory: SessionDescriptionHandlerFactory | undefined
	onInvite(leg: InvitationLeg): void
	onDisconnect(): void
}

export interface DeviceUserAgent {
	readonly userAgent: UserAgent
	readonly transport: SipWebSocket
	/** Ends everything without a word to the edge. */
	close(): void
}

/** A user that lets the phone ring longer than this is not there; seconds. */
const NO_ANSWER_SECONDS = 120

/**
 * The sip.js user agent of a device: says nothing to the console, leaves ringing and reconnecting to us, and takes an
 * INVITE that comes again for the same one.
 *
 * @throws TypeError when the identity holds no usable SIP address.
 */
export function createUserAgent(options: DeviceUserAgentOptions): DeviceUserAgent {
	const { sip, instanceId } = options.identity
	const uri = UserAgent.makeURI(`sip:${sip.username}@${sip.domain}`)
	if (!uri) throw new TypeError(`not a SIP address: ${sip.username}@${sip.domain}`)
	const legs = new Set<InvitationLeg>()
	const transportOptions: SipWebSocketOptions = {
		...options,
		beforeRequest: (request) => {
			for (const leg of legs) {
				if (leg.isRepeatedBy(request)) leg.forget()
				if (leg.ended) legs.delete(leg)
			}
		},
	}
	const userAgent = new UserAgent({
		uri,
		authorizationUsername: sip.username,
		authorizationPassword: sip.password,
		instanceId: instanceId.replace(/^urn:uuid:/i, ''),
		transportConstructor: SipWebSocket,
		transportOptions,
		...(options.sessionDescriptionHandlerFactory && {
			sessionDescriptionHandlerFactory: options.sessionDescriptionHandlerFactory,
		}),
		logBuiltinEnabled: false,
		logConfiguration: false,
		gracefulShutdown: false,
		sendInitialProvisionalResponse: false,
		noAnswerTimeout: NO_ANSWER_SECONDS,
		sipExtension100rel: SIPExtension.Supported,
		userAgentString: 'Vigil device SDK',
	})
	const transport = userAgent.transport as SipWebSocket
	userAgent.delegate = {
		onDisconnect: options.onDisconnect,
		onInvite: (invitation) => {
			const leg = new InvitationLeg(invitation, transport)
			legs.add(leg)
			options.onInvite(leg)
		},
		// Accepting a text that nobody shows would lose it.
		onMessage: (message) => void message.reject({ statusCode: 405 }),
	}
	const close = () => {
		for (const leg of legs) if (!leg.ended) leg.forget()
		void userAgent.stop()
	}
	return { userAgent, transport, close }
}
