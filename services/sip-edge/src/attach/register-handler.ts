import type { DeviceDigest, DeviceId, SipCredential, TokenBucket } from '@vigil/domain'
import { type Clock, type Logger, sourceOf } from '@vigil/runtime'
import { buildResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import type { EdgeCounters } from '../counters.ts'
import type { AttemptThrottle } from '../limits/attempt-throttle.ts'
import { type RegisterRequest, readRegister } from '../registrar/register-request.ts'
import type { FlowFacts, HeaderPairs } from '../registrar/types.ts'
import type { CredentialCache } from './credential-cache.ts'
import type { Occasion, RequestEffect } from './device-machine.ts'
import type { DigestOffers } from './digest-offers.ts'
import type { Registrations } from './registrations.ts'

export interface RegisterHandlerOptions {
	readonly registrations: Registrations
	readonly credentials: CredentialCache
	readonly offers: DigestOffers
	readonly throttle: AttemptThrottle
	/** Bounds the look-ups that sources can cause which have guessed too often. */
	readonly suspectLookUps: TokenBucket
	readonly domain: string
	/** Whether a host in a Request-URI means this registrar. */
	readonly isOwnHost: (host: string) => boolean
	readonly retryAfterSeconds: number
	readonly clock: Clock
	readonly logger: Logger
	readonly randomId: () => string
	readonly counters: EdgeCounters
	/** The device has proved who it is, and was answered by 200. */
	readonly onAccepted: (deviceId: DeviceId) => void
}

/** One REGISTER on its way to an answer. */
interface Attempt {
	readonly register: RegisterRequest
	readonly facts: FlowFacts
	/** Of a challenge. */
	readonly digests: readonly DeviceDigest[]
	readonly occasion: Occasion
}

/** Takes REGISTERs, looks passwords up, and answers. */
export class RegisterHandler {
	readonly #options: RegisterHandlerOptions
	#draining = false

	constructor(options: RegisterHandlerOptions) {
		this.#options = options
	}

	/** From now on only devices that are attached already are served. */
	drain(): void {
		this.#draining = true
	}

	/** Takes a REGISTER and sees it through to its answer. */
	receive(transaction: ServerTransaction): void {
		const { domain, isOwnHost, offers } = this.#options
		const reading = readRegister(transaction.request, domain, isOwnHost)
		if (!reading.ok) {
			const { status, reason, headers } = reading.refusal
			this.#respond(transaction, status, reason, headers)
			return
		}
		const { register } = reading
		const { deviceId, authorizations } = register
		const digests = offers.digestsFor({ deviceId, hasCredentials: authorizations.length > 0 })
		if (!(digests instanceof Promise)) this.#begin(transaction, register, digests)
		else digests.then((later) => this.#begin(transaction, register, later))
	}

	#begin(transaction: ServerTransaction, register: RegisterRequest, digests: readonly DeviceDigest[]): void {
		const { registrations } = this.#options
		const { flow } = transaction
		const facts = { id: flow.id, source: sourceOf(flow.remote.host) }
		const occasion: Occasion = { flow, carryOut: (effect) => this.#carryOut(effect, attempt, transaction) }
		const attempt: Attempt = { register, facts, digests, occasion }
		const draining = this.#draining
		const input = { type: 'register', register, flow: facts, digests, draining } as const
		registrations.feed(register.deviceId, input, occasion)
	}

	#carryOut(effect: RequestEffect, attempt: Attempt, transaction: ServerTransaction): void {
		if (effect.type === 'respond') {
			this.#respond(transaction, effect.status, effect.reason, effect.headers)
			this.#responded(effect.status, attempt)
		} else if (effect.type === 'password') {
			if (effect.right) transaction.admit?.()
			this.#count(attempt, effect.right)
		} else this.#openCredential(attempt, transaction)
	}

	#responded(status: number, { register: { deviceId, authorizations } }: Attempt): void {
		if (status === 200) this.#options.onAccepted(deviceId)
		else if (status === 401 && authorizations.length === 0) this.#options.offers.challenged(deviceId)
	}

	#count({ register: { deviceId }, facts: { source } }: Attempt, isRight: boolean): void {
		const { throttle, offers, counters, clock, logger } = this.#options
		if (isRight) {
			throttle.succeeded(source, deviceId)
			offers.proved(deviceId)
			return
		}
		counters.passwordsWrong++
		throttle.failed(source, deviceId, clock.now())
		logger.info({ deviceId, source }, 'a wrong password at the edge')
	}

	#openCredential(attempt: Attempt, transaction: ServerTransaction): void {
		const { credentials, offers, logger } = this.#options
		const { deviceId } = attempt.register
		offers.taken(deviceId)
		const known = credentials.known(deviceId)
		if (known) {
			this.#continue(attempt, known.credential)
			return
		}
		if (!this.#mayLookUp(attempt)) {
			this.#unavailable(transaction)
			return
		}
		credentials.open(deviceId).then(
			(credential) => this.#continue(attempt, credential),
			(error) => {
				logger.error({ err: error, deviceId }, 'a password could not be looked up')
				this.#unavailable(transaction)
			},
		)
	}

	/** A source that has guessed too often asks the store only so often for devices that are not attached. */
	#mayLookUp({ register: { deviceId }, facts: { source } }: Attempt): boolean {
		const { throttle, registrations, suspectLookUps, clock } = this.#options
		const nowMs = clock.now()
		return !throttle.isSourceBlocked(source, nowMs) || registrations.knows(deviceId) || suspectLookUps.take(nowMs)
	}

	#unavailable(transaction: ServerTransaction): void {
		this.#respond(transaction, 503, undefined, [['Retry-After', String(this.#options.retryAfterSeconds)]])
	}

	#continue({ register, facts, digests, occasion }: Attempt, credential: SipCredential | undefined): void {
		// The flow went while the password was looked up: there is nobody to bind, and no answer would arrive.
		if (occasion.flow.closed) return
		const { registrations, throttle, clock, randomId } = this.#options
		const verdict = throttle.verdict(facts.source, register.deviceId, clock.now())
		const bindingId = randomId()
		const input = { type: 'credential', register, flow: facts, credential, digests, bindingId } as const
		registrations.feed(register.deviceId, { ...input, throttle: verdict }, occasion)
	}

	#respond(transaction: ServerTransaction, status: number, reason: string | undefined, headers: HeaderPairs): void {
		const { counters, randomId, clock } = this.#options
		// RFC 3261 10.3 step 8: devices may set their clocks by it.
		const date: HeaderPairs = status === 200 ? [['Date', new Date(clock.wall()).toUTCString()]] : []
		if (status === 200) counters.registersAccepted++
		else if (status === 401) counters.registersChallenged++
		else counters.registersRefused++
		transaction.respond(
			buildResponse(transaction.request, status, reason, { toTag: randomId(), headers: [...headers, ...date] }),
		)
	}
}

/**
 * What the edge does when a device was changed elsewhere: its credential is looked up anew, and a deleted device is let go.
 * `onRemoved` is called before its flow closes.
 */
export async function forgetChangedDevice(
	deviceId: DeviceId,
	credentials: CredentialCache,
	registrations: Registrations,
	load: (deviceId: DeviceId) => Promise<unknown>,
	onRemoved: (deviceId: DeviceId) => void,
): Promise<void> {
	credentials.forget(deviceId)
	if (!registrations.knows(deviceId) || (await load(deviceId)) !== undefined) return
	onRemoved(deviceId)
	registrations.feed(deviceId, { type: 'device-removed' })
}
