import { Mailbox } from '@vigil/testkit'
import {
	type BodyAndContentType,
	type Invitation,
	Registerer,
	RegistererState,
	type SessionDescriptionHandler,
	SessionState,
	UserAgent,
} from 'sip.js'
import { DOMAIN } from './sip-device.ts'
import { SDP } from './sip-peer.ts'

/** Media is not what is tested here: one description answers all. */
const anySdp: SessionDescriptionHandler = {
	close() {},
	getDescription: async (): Promise<BodyAndContentType> => ({ body: SDP, contentType: 'application/sdp' }),
	hasDescription: () => true,
	setDescription: async () => {},
	sendDtmf: () => false,
}

/** A device on sip.js, as softphones embed it: WebSocket, MD5 only, its own dialogs. */
export class SipJsDevice {
	readonly userAgent: UserAgent
	readonly invitations = new Mailbox<Invitation>(({ request }) => request.callId)
	readonly #registerer: Registerer

	constructor(deviceId: string, password: string, port: number) {
		const uri = UserAgent.makeURI(`sip:${deviceId}@${DOMAIN}`)
		if (!uri) throw new Error('no URI')
		this.userAgent = new UserAgent({
			uri,
			authorizationUsername: deviceId,
			authorizationPassword: password,
			transportOptions: { server: `ws://127.0.0.1:${port}/` },
			sessionDescriptionHandlerFactory: () => anySdp,
			logBuiltinEnabled: false,
			gracefulShutdown: false,
			reconnectionAttempts: 0,
			delegate: { onInvite: (invitation) => this.invitations.push(invitation) },
		})
		this.#registerer = new Registerer(this.userAgent, { expires: 300 })
	}

	start(): Promise<void> {
		return this.userAgent.start()
	}

	/** Registers; rejects with the status when it is refused. */
	register(): Promise<void> {
		const { promise, resolve, reject } = Promise.withResolvers<void>()
		this.#registerer
			.register({
				requestDelegate: {
					onAccept: () => resolve(),
					onReject: ({ message }) => reject(new Error(String(message.statusCode))),
				},
			})
			.catch(reject)
		return promise
	}

	get isRegistered(): boolean {
		return this.#registerer.state === RegistererState.Registered
	}

	/** Loses its connection, and makes another one. */
	async reconnect(): Promise<void> {
		await this.userAgent.transport.disconnect()
		await this.userAgent.reconnect()
	}

	async close(): Promise<void> {
		await this.userAgent.stop()
	}
}

/** Resolves when the call is up. */
export function established(invitation: Invitation): Promise<void> {
	return reached(invitation, SessionState.Established)
}

/** Resolves when the call is over. */
export function terminated(invitation: Invitation): Promise<void> {
	return reached(invitation, SessionState.Terminated)
}

function reached(invitation: Invitation, wanted: SessionState): Promise<void> {
	if (invitation.state === wanted) return Promise.resolve()
	return new Promise((resolve) => {
		invitation.stateChange.addListener((state) => {
			if (state === wanted) resolve()
		})
	})
}
