import { createPrivateKey } from 'node:crypto'
import { type ApnsSettings, BoundedSet, type PushAttempt, type PushOutcome, type Secret } from '@vigil/domain'
import { type AppSender, UnusablePushAppError } from '../app-sender.ts'
import { UnsendablePushError } from '../notice.ts'
import { transportReason, wasNeverSent } from '../transport-error.ts'
import { classifyApns } from './apns-classification.ts'
import type { ApnsResult } from './apns-client.ts'
import { type ApnsEnvironment, ApnsEnvironments, type ApnsSenderOptions } from './apns-environments.ts'
import { type ApnsNotification, apnsNotification } from './apns-notification.ts'

/** Tokens of the other environment that are remembered. */
const MOST_ELSEWHERE = 10_000

/**
 * Sends VoIP and alert pushes to APNs, with one quick repetition where the connection or the provider token was at fault. A token
 * that the environment does not know is tried at the other one once: an app that was built for development, or a push app with
 * the wrong setting, is called none the less. An endpoint of the tenant's own has no other environment.
 */
export class ApnsSender implements AppSender {
	readonly #settings: ApnsSettings
	readonly #environments: ApnsEnvironments
	/** Tokens that the other environment has taken. */
	readonly #elsewhere = new BoundedSet<string>(MOST_ELSEWHERE)

	/** @throws UnusablePushAppError when the signing key or the endpoint cannot work. */
	constructor(settings: ApnsSettings, signingKey: Secret, options: ApnsSenderOptions = {}) {
		this.#settings = settings
		this.#environments = new ApnsEnvironments(settings, checkedKey(signingKey), options)
	}

	async send(attempt: PushAttempt): Promise<PushOutcome> {
		try {
			const notification = apnsNotification(attempt, this.#settings)
			return await this.#ask(notification, attempt.token.token)
		} catch (error) {
			if (error instanceof UnsendablePushError) return { kind: 'rejected', reason: error.message }
			return { kind: 'retry', reason: transportReason(error) }
		}
	}

	async close(): Promise<void> {
		await this.#environments.close()
	}

	async #ask(notification: ApnsNotification, deviceToken: string): Promise<PushOutcome> {
		const { own, other } = this.#environments
		const [first, second] = other && this.#elsewhere.has(deviceToken) ? [other, own] : [own, other]
		const outcome = await ask(first, notification, deviceToken)
		if (!outcome.doubtful || !second) return first === other ? takenElsewhere(outcome, first) : outcome
		const further = await ask(second, notification, deviceToken)
		// Another refusal need not have anything to do with the token.
		if (further.kind !== 'accepted' && !isCertainlyDead(further)) return outcome
		this.#remember(deviceToken, second === other)
		return second === other ? takenElsewhere(further, second) : further
	}

	#remember(deviceToken: string, elsewhere: boolean): void {
		if (elsewhere) this.#elsewhere.add(deviceToken)
		else this.#elsewhere.delete(deviceToken)
	}
}

async function ask(at: ApnsEnvironment, notification: ApnsNotification, deviceToken: string): Promise<PushOutcome> {
	const client = at.client()
	const first = await client.send(notification, deviceToken)
	if (!isWorthRepeating(first)) return outcomeOf(first)
	const outcome = outcomeOf(await client.send(notification, deviceToken))
	// A refusal of the repetition says nothing of the first: it may have been taken.
	return outcome.kind === 'retry' && mayHaveBeenTaken(first) ? { ...outcome, unanswered: true } : outcome
}

function isCertainlyDead({ kind, doubtful }: PushOutcome): boolean {
	return kind === 'dead-token' && doubtful !== true
}

/** Says on the record that it was not the push app's own environment. */
function takenElsewhere(outcome: PushOutcome, at: ApnsEnvironment): PushOutcome {
	return outcome.kind === 'accepted' ? { ...outcome, reason: `the token is one of ${at.name}` } : outcome
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
