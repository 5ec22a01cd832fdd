import { createPrivateKey } from 'node:crypto'
import type { ApnsSettings, PushAttempt, PushOutcome, Secret } from '@vigil/domain'
import { classifyApns } from './apns-classification.ts'
import { ApnsClient, type ApnsResult } from './apns-client.ts'
import { type ApnsNotification, apnsNotification } from './apns-notification.ts'
import { type AppSender, UnusablePushAppError } from './app-sender.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { UnsendablePushError } from './notice.ts'
import { transportReason, wasNeverSent } from './transport-error.ts'

/** A push sent on a connection that is about to close hangs until this is over; the repetition takes a new connection. */
const REQUEST_TIMEOUT_MS = 1500

const HOSTS: Readonly<Record<ApnsSettings['environment'], Endpoint>> = {
	production: { host: 'api.push.apple.com', port: 443 },
	sandbox: { host: 'api.sandbox.push.apple.com', port: 443 },
}

export interface ApnsSenderOptions {
	readonly requestTimeoutMs?: number
}

/** Sends VoIP and alert pushes to APNs, with one quick repetition where the connection or the provider token was at fault. */
export class ApnsSender implements AppSender {
	readonly #settings: ApnsSettings
	readonly #client: ApnsClient

	/** @throws UnusablePushAppError when the signing key or the endpoint cannot work. */
	constructor(settings: ApnsSettings, signingKey: Secret, options: ApnsSenderOptions = {}) {
		const { keyId, teamId, environment, endpoint, endpointCa } = settings
		this.#settings = settings
		this.#client = new ApnsClient({
			signingKey: checkedKey(signingKey),
			keyId,
			teamId,
			...(endpoint === undefined ? HOSTS[environment] : parseEndpoint(endpoint)),
			...(endpointCa !== undefined && { ca: endpointCa }),
			requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
		})
	}

	async send(attempt: PushAttempt): Promise<PushOutcome> {
		try {
			const notification = apnsNotification(attempt, this.#settings)
			const first = await this.#request(notification, attempt.token.token)
			if (!isWorthRepeating(first)) return outcomeOf(first)
			const outcome = outcomeOf(await this.#request(notification, attempt.token.token))
			// A refusal of the repetition says nothing of the first: it may have been taken.
			return outcome.kind === 'retry' && mayHaveBeenTaken(first) ? { ...outcome, unanswered: true } : outcome
		} catch (error) {
			if (error instanceof UnsendablePushError) return { kind: 'rejected', reason: error.message }
			return { kind: 'retry', reason: transportReason(error) }
		}
	}

	async close(): Promise<void> {
		await this.#client.close()
	}

	#request(notification: ApnsNotification, deviceToken: string): Promise<ApnsResult> {
		return this.#client.send(notification, deviceToken)
	}
}

/** The library has made a new provider token when it reports an outdated one. */
function isWorthRepeating(result: ApnsResult): boolean {
	if (result.kind === 'unanswered') return true
	return result.kind === 'refused' && result.status === 403 && result.reason === 'ExpiredProviderToken'
}

function outcomeOf(result: ApnsResult): PushOutcome {
	switch (result.kind) {
		case 'accepted':
			return classifyApns({ status: 200, ...(result.apnsId !== undefined && { apnsId: result.apnsId }) })
		case 'refused':
			return classifyApns(result)
		case 'unanswered':
			return {
				kind: 'retry',
				reason: unansweredReason(result.error),
				...(mayHaveBeenTaken(result) && { unanswered: true }),
			}
	}
}

function mayHaveBeenTaken(result: ApnsResult): boolean {
	return result.kind === 'unanswered' && !wasNeverSent(unansweredReason(result.error))
}

function unansweredReason(error: unknown): string {
	const isTimeout = error instanceof Error && error.message === 'apn write timeout'
	return isTimeout ? 'no answer in time' : transportReason(error)
}

/** The library would take text that is no key for a file name; so what it gets is a key. */
function checkedKey(signingKey: Secret): string {
	const pem = signingKey.reveal()
	if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
		throw new UnusablePushAppError('the signing key is not in PEM form')
	if (!isP256Key(pem)) throw new UnusablePushAppError('the signing key is not a private key on the curve P-256')
	return pem
}

function isP256Key(pem: string): boolean {
	try {
		const key = createPrivateKey(pem)
		return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
	} catch {
		return false
	}
}
