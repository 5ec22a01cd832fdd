import { randomUUID } from 'node:crypto'
import type { FcmSettings, PushAttempt, PushOutcome, Secret } from '@vigil/domain'
import { type Clock, type Egress, guardedLookup, realClock } from '@vigil/runtime'
import { type App, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging, type Message } from 'firebase-admin/messaging'
import type { AppSender } from '../app-sender.ts'
import { parseEndpoint } from '../endpoint.ts'
import { UnsendablePushError } from '../notice.ts'
import { transportReason, wasNeverSent } from '../transport-error.ts'
import { FcmAgent } from './fcm-agent.ts'
import { classifyFcm, type FcmResponse, isUnauthenticated, parseRetryAfter } from './fcm-classification.ts'
import { FcmCredential } from './fcm-credential.ts'
import { FcmExchange, type ResponseHead } from './fcm-exchange.ts'
import { fcmMessage } from './fcm-message.ts'

const REQUEST_TIMEOUT_MS = 3000

export interface FcmSenderOptions {
	readonly clock?: Clock
	/** How long FCM may take to answer, milliseconds. */
	readonly requestTimeoutMs?: number
	/** Asked for the addresses of an endpoint that the app names. */
	readonly egress?: Egress
}

/** How one exchange ended; `undefined` when there was no answer in time. */
type Ending = PushOutcome | { readonly unauthenticated: FcmResponse } | undefined

/** Sends data messages by FCM's HTTP v1 interface through firebase-admin, with a deadline that the SDK does not have. */
export class FcmSender implements AppSender {
	readonly #settings: FcmSettings
	readonly #clock: Clock
	readonly #requestTimeoutMs: number
	readonly #agent: FcmAgent
	readonly #credential: FcmCredential
	#app: App

	/** @throws UnusablePushAppError when the credential or the endpoint cannot work. */
	constructor(settings: FcmSettings, secret: Secret, options: FcmSenderOptions = {}) {
		this.#settings = settings
		this.#clock = options.clock ?? realClock
		this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
		this.#credential = new FcmCredential(secret, settings.projectId)
		const endpoint = settings.endpoint === undefined ? undefined : parseEndpoint(settings.endpoint)
		const { egress } = options
		this.#agent = new FcmAgent({
			...(endpoint && { endpoint }),
			...(endpoint && egress && { lookup: guardedLookup(egress, endpoint.port, 'push-app') }),
			...(settings.endpointCa !== undefined && { ca: settings.endpointCa }),
		})
		this.#app = this.#newApp()
	}

	async send(attempt: PushAttempt): Promise<PushOutcome> {
		try {
			const message = fcmMessage(attempt, this.#clock.wall())
			const first = await this.#exchange(message, attempt.deadlineMs)
			if (!isUnauthenticatedEnding(first)) return first ?? unanswered()
			this.#renewAccessToken()
			const second = await this.#exchange(message, attempt.deadlineMs)
			return isUnauthenticatedEnding(second) ? classifyFcm(second.unauthenticated) : (second ?? unanswered())
		} catch (error) {
			if (error instanceof UnsendablePushError) return { kind: 'rejected', reason: error.message }
			return brokenOff(error)
		}
	}

	async close(): Promise<void> {
		await deleteApp(this.#app)
		this.#agent.destroy()
	}

	async #exchange(message: Message, deadlineMs: number): Promise<Ending> {
		const patienceMs = Math.min(this.#requestTimeoutMs, deadlineMs - this.#clock.wall())
		const exchange = new FcmExchange()
		const timeout = Promise.withResolvers<undefined>()
		const timer = this.#clock.setTimer(patienceMs, () => timeout.resolve(undefined))
		const sending = exchange
			.run(() => getMessaging(this.#app).send(message))
			.then(accepted, (error) => this.#endingOf(error))
		// A 503 is taken from its head: the SDK would keep it to itself and try again.
		const unavailable = exchange.answered.promise.then((head) =>
			head.status === 503 ? this.#unavailable(head) : sending,
		)
		// Nor does it say at once that the connection broke again.
		const broken = exchange.broken.promise.then((error) => this.#endingOf(error))
		try {
			return await Promise.race([sending, unavailable, broken, timeout.promise])
		} finally {
			this.#clock.clearTimer(timer)
			exchange.abandon()
		}
	}

	#unavailable({ status, retryAfter }: ResponseHead): PushOutcome {
		return classifyFcm(this.#responseOf(status, undefined, retryAfter))
	}

	#endingOf(error: unknown): Ending {
		const { code, httpResponse } = error as { code?: string; httpResponse?: HttpResponse }
		if (httpResponse) {
			const response = this.#responseOf(httpResponse.status, httpResponse.data, httpResponse.headers?.['retry-after'])
			return isUnauthenticated(response) ? { unauthenticated: response } : classifyFcm(response)
		}
		if (code === 'app/invalid-credential' && this.#credential.failure) return this.#credential.failure
		// The SDK's own check of the message.
		if (code?.startsWith('messaging/invalid')) return { kind: 'rejected', reason: code }
		return brokenOff(error)
	}

	#responseOf(status: number, body: unknown, retryAfter: string | undefined): FcmResponse {
		const retryAfterMs = parseRetryAfter(retryAfter, this.#clock.wall())
		return { status, body, ...(retryAfterMs !== undefined && { retryAfterMs }) }
	}

	/** The SDK keeps the access token with its app and has no way to drop it but to drop the app. */
	#renewAccessToken(): void {
		const outdated = this.#app
		this.#credential.renew()
		this.#app = this.#newApp()
		void deleteApp(outdated)
	}

	#newApp(): App {
		const { projectId } = this.#settings
		return initializeApp({ projectId, credential: this.#credential, httpAgent: this.#agent }, `vigil-${randomUUID()}`)
	}
}

interface HttpResponse {
	readonly status: number
	readonly headers?: Record<string, string>
	readonly data?: unknown
}

function accepted(name: string): PushOutcome {
	return { kind: 'accepted', providerStatus: 200, providerId: name }
}

function unanswered(): PushOutcome {
	return { kind: 'retry', reason: 'no answer in time', unanswered: true }
}

function brokenOff(error: unknown): PushOutcome {
	const reason = transportReason(error)
	return { kind: 'retry', reason, ...(!wasNeverSent(reason) && { unanswered: true }) }
}

function isUnauthenticatedEnding(ending: Ending): ending is { readonly unauthenticated: FcmResponse } {
	return ending !== undefined && 'unauthenticated' in ending
}
