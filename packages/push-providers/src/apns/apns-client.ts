import type { LookupFunction } from 'node:net'
import apn from 'apn'
import type { ApnsNotification } from './apns-notification.ts'

const { Notification, Provider } = apn

export interface ApnsClientOptions {
	/** PEM. */
	readonly signingKey: string
	readonly keyId: string
	readonly teamId: string
	readonly host: string
	readonly port: number
	/** Resolves `host`; default as the system does. */
	readonly lookup?: LookupFunction
	/** PEM certificates to trust in place of the system's. */
	readonly ca?: string
	readonly requestTimeoutMs: number
}

/** What became of one request. Without a status the connection failed before there was an answer. */
export type ApnsResult =
	| { readonly kind: 'accepted'; readonly apnsId?: string }
	| {
			readonly kind: 'refused'
			readonly status: number
			readonly reason?: string
			readonly timestampMs?: number
			readonly apnsId?: string
	  }
	| { readonly kind: 'unanswered'; readonly error: unknown }

const HEART_BEAT_MS = 30_000

/** One HTTP/2 connection to APNs with token authentication, by the `apn` library. */
export class ApnsClient {
	readonly #provider: InstanceType<typeof Provider>

	constructor(options: ApnsClientOptions) {
		// The library hands on to the socket what it does not know, but its types do not say so.
		const lookup = options.lookup === undefined ? {} : { lookup: options.lookup }
		this.#provider = new Provider({
			...lookup,
			token: { key: options.signingKey, keyId: options.keyId, teamId: options.teamId },
			address: options.host,
			port: options.port,
			...(options.ca !== undefined && { ca: [options.ca] }),
			requestTimeout: options.requestTimeoutMs,
			heartBeat: HEART_BEAT_MS,
			// The library would send a push that was answered with 429 or 503 again at once and without pause. We repeat ourselves.
			connectionRetryLimit: 0,
		})
	}

	async send(notification: ApnsNotification, deviceToken: string): Promise<ApnsResult> {
		const message = new Notification()
		message.id = notification.id
		message.collapseId = notification.id
		message.topic = notification.topic
		message.pushType = notification.pushType
		message.priority = notification.priority
		message.expiry = notification.expiration
		message.rawPayload = notification.body
		const { sent, failed } = await this.#provider.send(message, deviceToken)
		const [success] = sent
		if (success) return { kind: 'accepted', ...idOf(success) }
		return resultOf(failed[0] as Failure | undefined)
	}

	async close(): Promise<void> {
		await this.#provider.shutdown()
	}
}

/** What the library reports of a failure; its types leave out some of it. */
interface Failure {
	readonly status?: number | string
	readonly response?: { readonly reason?: string; readonly timestamp?: number | string }
	readonly error?: Error
	readonly code?: string
}

function resultOf(failure: Failure | undefined): ApnsResult {
	const { status, response, error } = failure ?? {}
	if (typeof status !== 'number') return { kind: 'unanswered', error: error ?? failure }
	// For an outdated provider token and for a 500 the library keeps the reason in the error alone.
	const reason = response?.reason ?? (status === 403 ? error?.message : undefined)
	const timestampMs = Number(response?.timestamp)
	return {
		kind: 'refused',
		status,
		...(reason !== undefined && { reason }),
		...(Number.isFinite(timestampMs) && { timestampMs }),
		...idOf(failure),
	}
}

function idOf(response: object | undefined): { apnsId?: string } {
	const id = (response as Record<string, unknown> | undefined)?.['apns-id']
	return typeof id === 'string' ? { apnsId: id } : {}
}
