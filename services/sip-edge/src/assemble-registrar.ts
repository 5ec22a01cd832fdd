import { createHmac } from 'node:crypto'
import { TokenBucket } from '@vigil/domain'
import { BindingPublisher } from './attach/binding-publisher.ts'
import { BindingWriter } from './attach/binding-writer.ts'
import { CredentialCache } from './attach/credential-cache.ts'
import { DigestOffers } from './attach/digest-offers.ts'
import { Liveness } from './attach/liveness.ts'
import { RegisterHandler } from './attach/register-handler.ts'
import { Registrations } from './attach/registrations.ts'
import type { CompleteConfig } from './config.ts'
import { type EdgeContext, isOwnHost } from './edge-context.ts'
import { AttemptThrottle } from './limits/attempt-throttle.ts'
import type { SipEdgeDeps } from './ports.ts'
import type { RegistrarRules } from './registrar/types.ts'
import { bindingRoute } from './routing/route-set.ts'

export const RETRY_AFTER_SECONDS = 5
const NONCE_MAX_AGE_MS = 300_000
const STORED_LIFETIME_MS = 3_600_000
const PASSWORD_WINDOW_MS = 60_000
/** A source may be an office or a carrier's NAT, so it gets the tries of several devices. */
const TRIES_PER_SOURCE = 10
const CREDENTIAL_MAX_AGE_MS = 600_000
/** Short, so that a device that was enrolled a moment ago is not turned away for long when the signal was lost. */
const UNKNOWN_MAX_AGE_MS = 10_000
/** Bounds the memory that strangers can fill. */
const MAX_REMEMBERED = 50_000
/**
 * Devices that are looked up in a second before they are challenged, and for sources that have guessed too often. A look-up is by
 * primary key.
 */
const LOOK_UPS = { perSecond: 200, burst: 400 }
/** A challenge does not wait longer than this for the store; the phone that it is for was woken for a call. */
const OFFER_WAIT_MS = 500

/** The parts by which devices attach. */
export interface RegistrarParts {
	readonly registrations: Registrations
	readonly registerHandler: RegisterHandler
	readonly credentials: CredentialCache
	readonly offers: DigestOffers
	readonly throttle: AttemptThrottle
	readonly rules: RegistrarRules
	readonly publisher: BindingPublisher
	readonly writer: BindingWriter
	readonly liveness: Liveness
}

/** Makes the registrar of an edge. */
export function assembleRegistrar(context: EdgeContext): RegistrarParts {
	const { deps, counters } = context
	const { clock, logger, signals, bindings } = deps
	const publisher = new BindingPublisher({ signals, logger, onFailure: () => counters.signalFailures++ })
	const writer = new BindingWriter({ store: bindings, clock, logger, onFailure: () => counters.storeFailures++ })
	const credentials = credentialCache(deps)
	const offers = digestOffers(context, credentials)
	const throttle = attemptThrottle(context.config)
	const rules = registrarRules(deps, context.config)
	const registrations = new Registrations({
		rules,
		routeTo: (deviceId) => bindingRoute(context.tokenKey, { deviceId }, context.internal.addressFor()),
		publisher,
		writer,
		clock,
		logger,
		counters,
	})
	const liveness = new Liveness({
		foregroundLeases: deps.foregroundLeases,
		contacts: deps.contacts,
		attached: () => registrations.attached(),
		expiresAtMs: (deviceId) => registrations.expiresAtMs(deviceId),
		flowTimerSeconds: context.config.flowTimerSeconds,
		clock,
		logger,
		counters,
	})
	const parts = { registrations, credentials, offers, throttle, liveness }
	return { ...parts, registerHandler: registerHandler(context, parts), rules, publisher, writer }
}

function registerHandler(
	context: EdgeContext,
	{
		registrations,
		credentials,
		offers,
		throttle,
		liveness,
	}: Omit<RegistrarParts, 'registerHandler' | 'rules' | 'publisher' | 'writer'>,
): RegisterHandler {
	const { deps, config, counters } = context
	return new RegisterHandler({
		registrations,
		credentials,
		offers,
		throttle,
		suspectLookUps: new TokenBucket(LOOK_UPS),
		domain: config.domain,
		isOwnHost: (host) => isOwnHost(context, host),
		retryAfterSeconds: RETRY_AFTER_SECONDS,
		clock: deps.clock,
		logger: deps.logger,
		randomId: deps.randomId,
		counters,
		onAccepted: (deviceId) => liveness.accepted(deviceId, registrations.flowOf(deviceId)),
	})
}

function credentialCache({ clock, devices, keptCredential }: SipEdgeDeps): CredentialCache {
	return new CredentialCache({
		clock,
		...(keptCredential && { kept: keptCredential }),
		open: (deviceId) => devices.openSipCredential(deviceId),
		maxAgeMs: CREDENTIAL_MAX_AGE_MS,
		unknownMaxAgeMs: UNKNOWN_MAX_AGE_MS,
		maxEntries: MAX_REMEMBERED,
	})
}

function digestOffers({ deps, counters }: EdgeContext, credentials: CredentialCache): DigestOffers {
	const { clock, logger, devices } = deps
	return new DigestOffers({
		credentials,
		devices,
		budget: new TokenBucket(LOOK_UPS),
		waitMs: OFFER_WAIT_MS,
		maxEntries: MAX_REMEMBERED,
		clock,
		logger,
		onFailure: () => counters.storeFailures++,
	})
}

function attemptThrottle({ passwordTries }: CompleteConfig): AttemptThrottle {
	return new AttemptThrottle({
		triesPerDevice: passwordTries,
		triesPerSource: passwordTries * TRIES_PER_SOURCE,
		windowMs: PASSWORD_WINDOW_MS,
		maxEntries: MAX_REMEMBERED,
	})
}

function registrarRules({ secretKey, randomId }: SipEdgeDeps, config: CompleteConfig): RegistrarRules {
	return {
		realm: config.realm,
		minExpiresSeconds: config.minExpiresSeconds,
		maxExpiresSeconds: config.maxExpiresSeconds,
		flowTimerSeconds: config.flowTimerSeconds,
		nonceKey: createHmac('sha256', secretKey).update(`sip-edge nonce ${randomId()}`).digest(),
		nonceMaxAgeMs: NONCE_MAX_AGE_MS,
		storedLifetimeMs: Math.max(STORED_LIFETIME_MS, 2000 * config.maxExpiresSeconds),
		retryAfterSeconds: RETRY_AFTER_SECONDS,
	}
}
