import {
	type DeviceView,
	type EnrolDeviceRequest,
	type HandoffRequest,
	type PushNotice,
	type PushTokenInput,
	parsePushPayload,
} from '@vigil/contracts'
import type { SessionDescriptionHandlerFactory } from 'sip.js'
import { ApiClient, type Fetch } from './api/api-client.ts'
import { declineCall } from './api/decline-call.ts'
import { enrolDevice, type Handoff, removeDevice, replacePushTokens } from './api/device-api.ts'
import { CallBook } from './call/call-book.ts'
import { endOfNotice } from './call/call-leg.ts'
import type { IncomingCall } from './call/incoming-call.ts'
import { type DialOptions, dial, type OutgoingCall } from './call/outgoing-call.ts'
import { Events, type Unsubscribe } from './events.ts'
import { HandoffClient } from './handoff/handoff-client.ts'
import { LeaseKeeper } from './handoff/lease-keeper.ts'
import {
	enterForeground,
	type ForegroundOptions,
	type LineHooks,
	leaveForeground,
	type TransitionParts,
} from './handoff/transitions.ts'
import type { DeviceIdentity, IdentityStorage } from './identity.ts'
import { Attachment, type AttachmentState } from './sip/attachment.ts'
import type { RegisterError } from './sip/registration.ts'
import { givenSdp } from './sip/sdp-handler.ts'
import { platformWebSocket, type WebSocketFactory } from './sip/web-socket.ts'
import { platformTimers, type Timers, waitAtMost } from './timers.ts'

/** What an app may choose; every field has a default. */
export interface DeviceOptions {
	readonly fetch?: Fetch
	/** Opens the WebSocket to the edge; in Node `nodeWebSocket({ ca })` trusts an authority of your own. */
	readonly webSocket?: WebSocketFactory
	/**
	 * Media: sip.js's session description handler. Default: in browsers sip.js's own (WebRTC); elsewhere the app gives
	 * its SDP to `accept`. `givenSdp` chooses the latter in browsers too.
	 */
	readonly sessionDescriptionHandlerFactory?: SessionDescriptionHandlerFactory
	/** URL of the edge in place of the one that enrolment gave. */
	readonly edgeUrl?: string
	/** Limit of one request to the control API, milliseconds (10 000). */
	readonly requestTimeoutMs?: number
	/** Seconds of registration to ask the edge for (600). */
	readonly expiresSeconds?: number
	/** Longest silence towards the edge, milliseconds (25 000). */
	readonly keepAliveMs?: number
	readonly timers?: Timers
}

export interface EnrolOptions extends DeviceOptions, Omit<EnrolDeviceRequest, 'pushTokens'> {
	readonly apiUrl: string
	readonly pushTokens?: readonly PushTokenInput[]
	/** Where the identity is saved as soon as it is there. */
	readonly storage?: IdentityStorage
}

export interface VigilDeviceOptions extends DeviceOptions {
	readonly apiUrl: string
	readonly identity: DeviceIdentity
}

export interface DeviceEvents {
	/** A call, once, whether its push or its INVITE came first. */
	incomingCall: IncomingCall
	attachment: AttachmentState
	/** The edge refuses this device; attaching again needs a new enrolment. */
	refused: RegisterError
	/** A message from the edge that could not be handled, or a lease that could not be renewed; for the app's log. */
	fault: unknown
}

const ATTACH_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 5000
const HANDOFF_TIMEOUT_MS = 60_000
/** How long the other side may take to answer our BYE when we detach. */
const GOODBYE_MS = 2000
const PONG_TIMEOUT_MS = 10_000
/** A call that the control API names has been waiting for a while already. */
const PENDING_CALL_WAIT_MS = 30_000

/** One app install towards Vigil: the handoff client, and the SIP user agent that takes the calls. */
export class VigilDevice {
	readonly identity: DeviceIdentity
	readonly #api: ApiClient
	readonly #timers: Timers
	readonly #calls: CallBook
	readonly #attachment: Attachment
	/** Calls made here that are not over. */
	readonly #placed = new Set<OutgoingCall>()
	readonly #handoffs: HandoffClient
	readonly #lease: LeaseKeeper
	readonly #events = new Events<DeviceEvents>()

	/** @throws TypeError when `apiUrl` is no HTTP URL or the identity names no WebSocket URL of the edge. */
	constructor(options: VigilDeviceOptions) {
		this.identity = options.identity
		this.#timers = options.timers ?? platformTimers
		this.#api = apiClient(options, options.identity.deviceToken)
		this.#calls = new CallBook({
			timers: this.#timers,
			declineByApi: (callId) => declineCall(this.#api, this.#timers, callId),
			onIncoming: (call) => this.#events.emit('incomingCall', call),
		})
		this.#attachment = this.#createAttachment(options)
		this.#handoffs = new HandoffClient(this.#api, this.#timers)
		this.#lease = new LeaseKeeper({ timers: this.#timers, onFault: (error) => this.#events.emit('fault', error) })
	}

	/**
	 * Makes this install a device of the account that the enrolment code was given for.
	 *
	 * @throws ApiError, NetworkError, UnexpectedResponseError
	 */
	static async enrol(options: EnrolOptions): Promise<VigilDevice> {
		const { enrolmentCode, platform, name, instanceId, pushTokens = [], storage } = options
		const request: EnrolDeviceRequest = {
			enrolmentCode,
			platform,
			pushTokens: [...pushTokens],
			...(name !== undefined && { name }),
			...(instanceId !== undefined && { instanceId }),
		}
		const identity = await enrolDevice(apiClient(options), request)
		await storage?.save(identity)
		return new VigilDevice({ ...options, identity })
	}

	get attachment(): AttachmentState {
		return this.#attachment.state
	}

	/** Calls that are not over. */
	get calls(): readonly IncomingCall[] {
		return this.#calls.live
	}

	/** The call with this upstream Call-ID, also one that ended lately. */
	call(sipCallId: string): IncomingCall | undefined {
		return this.#calls.find(sipCallId)
	}

	on<Name extends keyof DeviceEvents>(name: Name, listener: (payload: DeviceEvents[Name]) => void): Unsubscribe {
		return this.#events.on(name, listener)
	}

	/** Replaces all push tokens of the device. @throws ApiError, NetworkError, UnexpectedResponseError */
	updatePushTokens(pushTokens: readonly PushTokenInput[]): Promise<DeviceView> {
		return replacePushTokens(this.#api, pushTokens)
	}

	/**
	 * Brings the app to the foreground: registers each line where it may (`hooks.register`), waits for its turn where only one
	 * binding is allowed, and attaches where calls pass through the service. Keeps the lease from then on, until another state
	 * is stated or `close`. `settled` is false when a turn did not come in time.
	 *
	 * @throws ApiError, NetworkError, UnexpectedResponseError, and what `attach` and the hook throw.
	 */
	enterForeground(
		hooks: Pick<LineHooks, 'register' | 'swapsContacts'>,
		options: ForegroundOptions = {},
	): Promise<Handoff> {
		return enterForeground(this.#transitionParts(), hooks, options)
	}

	/**
	 * Hands over before the app sleeps (`terminated`: before it ends), and removes the app's own bindings where it is told to
	 * (`hooks.unregister`). The service goes on without the app where the answer is not settled.
	 *
	 * @throws ApiError, NetworkError, UnexpectedResponseError, and what the hook throws.
	 */
	enterBackground(
		hooks: Pick<LineHooks, 'unregister'>,
		state: 'background' | 'terminated' = 'background',
	): Promise<Handoff> {
		return leaveForeground(this.#transitionParts(), hooks, state)
	}

	/**
	 * States what the app does now, once, for all its lines; what the answer asks for, and renewing the lease, is the app's.
	 * Statements are numbered: of several, the last one made here wins. Calls that wait are announced like pushes.
	 *
	 * @throws ApiError, NetworkError, UnexpectedResponseError
	 */
	async handoff(state: HandoffRequest['state'], more: Omit<HandoffRequest, 'state'> = {}): Promise<Handoff> {
		this.#lease.stop()
		return this.#announced(await this.#handoffs.state({ ...more, state }))
	}

	/** How the last handoff stands; states nothing. @throws ApiError, NetworkError, UnexpectedResponseError */
	async handoffState(): Promise<Handoff> {
		return this.#announced(await this.#handoffs.present())
	}

	/**
	 * Asks until the last handoff has settled, another one is made, or `timeoutMs` (60 000) are over; gives the last answer.
	 *
	 * @throws ApiError, NetworkError, UnexpectedResponseError
	 */
	async handoffSettled(timeoutMs = HANDOFF_TIMEOUT_MS): Promise<Handoff> {
		return this.#announced(await this.#handoffs.settled(timeoutMs))
	}

	/** Stops renewing the lease, for an app that ends without another word. */
	close(): void {
		this.#lease.stop()
	}

	/**
	 * Takes what the operating system handed to the app. A call is told as `incomingCall` unless it is known; attach to
	 * get its INVITE. Undefined when the push is not one of this service.
	 */
	receivePush(payload: unknown): PushNotice | undefined {
		const notice = parsePushPayload(payload)
		if (notice?.event === 'call') this.#calls.announced(notice, notice.deadline)
		if (notice?.event === 'call-cancelled') this.#calls.cancelled(notice, endOfNotice(notice))
		return notice
	}

	/**
	 * Connects and registers at the edge, and stays so until `detach`. @throws RegisterError when the edge refuses the
	 * device, NetworkError when it is not reached within `timeoutMs` (15 000).
	 */
	attach(timeoutMs = ATTACH_TIMEOUT_MS): Promise<void> {
		return this.#attachment.attach(timeoutMs)
	}

	/**
	 * Calls through the service, by a line in continuous mode: `target` is a `sip:` URI, or a user or number at the line's own
	 * server. The other end's refusal, and the service's, are told by the call.
	 *
	 * @throws TypeError when the target is no address or the line is not named, Error while the device is not attached.
	 */
	dial(target: string, options: DialOptions = {}): OutgoingCall {
		const { userAgent } = this.#attachment
		if (!userAgent) throw new Error('attach before you call')
		const call = dial(userAgent, this.identity, target, options)
		this.#placed.add(call)
		call.onEnded(() => this.#placed.delete(call))
		return call
	}

	/** Ends all calls, removes the binding at the edge and closes the connection. */
	async detach(): Promise<void> {
		const placed = [...this.#placed].map((call) => call.hangup())
		await waitAtMost(this.#timers, GOODBYE_MS, Promise.all([this.#calls.hangUpAll(), ...placed]))
		await this.#attachment.detach()
	}

	/** Removes the device from the service. Its identity is worthless afterwards. @throws ApiError, NetworkError */
	async remove(): Promise<void> {
		this.close()
		await this.detach()
		await removeDevice(this.#api)
	}

	#createAttachment(options: VigilDeviceOptions): Attachment {
		const attachment = new Attachment({
			identity: options.identity,
			url: edgeUrl(options),
			webSocket: options.webSocket ?? platformWebSocket,
			timers: this.#timers,
			connectTimeoutMs: CONNECT_TIMEOUT_MS,
			keepAliveMs: options.keepAliveMs ?? 25_000,
			pongTimeoutMs: PONG_TIMEOUT_MS,
			expiresSeconds: options.expiresSeconds ?? 600,
			random: Math.random,
			sessionDescriptionHandlerFactory: options.sessionDescriptionHandlerFactory ?? defaultMedia(),
			onInvite: (leg) => this.#calls.invited(leg),
			onFault: (error) => this.#events.emit('fault', error),
		})
		attachment.on('refused', (error) => this.#events.emit('refused', error))
		attachment.on('state', (state) => {
			if (state === 'detached') this.#calls.legsLost()
			this.#events.emit('attachment', state)
		})
		return attachment
	}

	#transitionParts(): TransitionParts {
		return {
			handoffs: this.#handoffs,
			lease: this.#lease,
			now: () => this.#timers.now(),
			state: async (request) => this.#announced(await this.#handoffs.state(request)),
			settled: (timeoutMs) => this.handoffSettled(timeoutMs),
			attach: () => this.attach(),
		}
	}

	#announced(response: Handoff): Handoff {
		const deadlineMs = this.#timers.now() + PENDING_CALL_WAIT_MS
		for (const call of response.pendingCalls)
			this.#calls.announced({ ...call, to: this.#aorOf(call.accountId) }, deadlineMs)
		return response
	}

	#aorOf(accountId: string): string {
		return this.identity.lines.find((line) => line.accountId === accountId)?.aor ?? ''
	}
}

function apiClient(options: DeviceOptions & { readonly apiUrl: string }, bearerToken?: string): ApiClient {
	return new ApiClient({
		apiUrl: options.apiUrl,
		fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
		timers: options.timers ?? platformTimers,
		timeoutMs: options.requestTimeoutMs ?? 10_000,
		...(bearerToken !== undefined && { bearerToken }),
	})
}

function edgeUrl({ edgeUrl, identity }: VigilDeviceOptions): string {
	const url = edgeUrl ?? identity.sip.urls.wss ?? identity.sip.urls.ws
	if (url === undefined || !/^wss?:/.test(url)) throw new TypeError('the edge offers no WebSocket to this device')
	return url
}

function defaultMedia(): SessionDescriptionHandlerFactory | undefined {
	return 'RTCPeerConnection' in globalThis ? undefined : givenSdp
}
