import type { DeviceId, Secret } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import { buildResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import type { EdgeCounters } from '../counters.ts'
import type { AttemptThrottle } from '../limits/attempt-throttle.ts'
import { sourceOf } from '../limits/source-of.ts'
import { type RegisterRequest, readRegister } from '../registrar/register-request.ts'
import type { FlowFacts, HeaderPairs } from '../registrar/types.ts'
import type { Occasion, Registrations, RequestEffect } from './registrations.ts'
import type { SecretCache } from './secret-cache.ts'

export interface RegisterHandlerOptions {
	readonly registrations: Registrations
	readonly secrets: SecretCache
	readonly throttle: AttemptThrottle
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
		const { domain, isOwnHost, throttle, clock, registrations } = this.#options
		const reading = readRegister(transaction.request, domain, isOwnHost)
		if (!reading.ok) {
			const { status, reason, headers } = reading.refusal
			this.#respond(transaction, status, reason, headers)
			return
		}
		const { register } = reading
		const { flow } = transaction
		const facts = { id: flow.id, source: sourceOf(flow.remote.host) }
		const occasion: Occasion = { flow, carryOut: (effect) => this.#carryOut(effect, attempt, transaction) }
		const attempt: Attempt = { register, facts, occasion }
		const verdict = throttle.verdict(facts.source, register.deviceId, clock.now())
		const input = { type: 'register', register, flow: facts, throttle: verdict, draining: this.#draining } as const
		registrations.feed(register.deviceId, input, occasion)
	}

	#carryOut(effect: RequestEffect, attempt: Attempt, transaction: ServerTransaction): void {
		if (effect.type === 'respond') {
			this.#respond(transaction, effect.status, effect.reason, effect.headers)
			if (effect.status === 200) this.#options.onAccepted(attempt.register.deviceId)
		} else if (effect.type === 'password') this.#count(attempt, effect.right)
		else this.#openSecret(attempt, transaction)
	}

	#count({ register, facts }: Attempt, isRight: boolean): void {
		const { throttle, counters, clock, logger } = this.#options
		if (isRight) {
			throttle.succeeded(facts.source, register.deviceId)
			return
		}
		counters.passwordsWrong++
		throttle.failed(facts.source, register.deviceId, clock.now())
		logger.info({ deviceId: register.deviceId, source: facts.source }, 'a wrong password at the edge')
	}

	#openSecret(attempt: Attempt, transaction: ServerTransaction): void {
		const { secrets, logger, retryAfterSeconds } = this.#options
		const { deviceId } = attempt.register
		const known = secrets.known(deviceId)
		if (known) {
			this.#continue(attempt, known.secret)
			return
		}
		secrets.open(deviceId).then(
			(secret) => this.#continue(attempt, secret),
			(error) => {
				logger.error({ err: error, deviceId }, 'a password could not be looked up')
				this.#respond(transaction, 503, undefined, [['Retry-After', String(retryAfterSeconds)]])
			},
		)
	}

	#continue({ register, facts, occasion }: Attempt, secret: Secret | undefined): void {
		// The flow went while the password was looked up: there is nobody to bind, and no answer would arrive.
		if (occasion.flow.closed) return
		const { registrations, throttle, clock, randomId } = this.#options
		const lastTry = throttle.isLastTry(facts.source, register.deviceId, clock.now())
		const input = { type: 'secret', register, flow: facts, secret, bindingId: randomId(), lastTry } as const
		registrations.feed(register.deviceId, input, occasion)
	}

	#respond(transaction: ServerTransaction, status: number, reason: string | undefined, headers: HeaderPairs): void {
		const { counters, randomId } = this.#options
		if (status === 200) counters.registersAccepted++
		else if (status === 401) counters.registersChallenged++
		else counters.registersRefused++
		transaction.respond(buildResponse(transaction.request, status, reason, { toTag: randomId(), headers }))
	}
}

/**
 * What the edge does when a device was changed elsewhere: its password is looked up anew, and a deleted device is let go.
 * `onRemoved` is called before its flow closes.
 */
export async function forgetChangedDevice(
	deviceId: DeviceId,
	secrets: SecretCache,
	registrations: Registrations,
	load: (deviceId: DeviceId) => Promise<unknown>,
	onRemoved: (deviceId: DeviceId) => void,
): Promise<void> {
	secrets.forget(deviceId)
	if (!registrations.knows(deviceId) || (await load(deviceId)) !== undefined) return
	onRemoved(deviceId)
	registrations.feed(deviceId, { type: 'device-removed' })
}
