import { BoundedMap, type DeviceDigest, type DeviceId } from '@vigil/domain'
import { type Clock, sourceOf } from '@vigil/runtime'
import type { SipRequest } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { CredentialCache } from '../attach/credential-cache.ts'
import type { DigestOffers } from '../attach/digest-offers.ts'
import type { AttemptThrottle } from '../limits/attempt-throttle.ts'
import {
	type AuthenticatedRequest,
	challengeTexts,
	isRightPassword,
	readCredentials,
} from '../registrar/authentication.ts'
import { type NonceGuard, useNonce } from '../registrar/nonces.ts'
import type { FlowFacts, RegistrarRules } from '../registrar/types.ts'
import { type LocalResponse, localResponse } from '../routing/screen.ts'

export interface CallAuthenticationOptions {
	readonly rules: Pick<RegistrarRules, 'realm' | 'nonceKey' | 'nonceMaxAgeMs'>
	readonly credentials: CredentialCache
	readonly offers: DigestOffers
	readonly throttle: AttemptThrottle
	readonly clock: Clock
}

/** Bounds the memory of nonces; the oldest is forgotten first. */
const MAX_GUARDS = 50_000

/**
 * Who calls over UDP proves it by the device's password (RFC 3261 22.3): the source of a datagram is what its sender writes. A
 * connection proves it by itself, as it is the one by which the device registered.
 */
export class CallAuthentication {
	readonly #options: CallAuthenticationOptions
	readonly #guards = new BoundedMap<DeviceId, NonceGuard>(MAX_GUARDS)

	constructor(options: CallAuthenticationOptions) {
		this.#options = options
	}

	/** What the device is answered in place of its call; undefined when it may call. Rejects when the store does not answer. */
	async refusal(deviceId: DeviceId, request: SipRequest, flow: Flow): Promise<LocalResponse | undefined> {
		if (flow.reliable) return undefined
		const { rules, credentials, offers, throttle, clock } = this.#options
		const facts: FlowFacts = { id: flow.id, source: sourceOf(flow.remote.host) }
		const claim = claimOf(deviceId, request)
		const digests = await offers.digestsFor({ deviceId, hasCredentials: claim.authorizations.length > 0 })
		const claimed = readCredentials(rules, claim, facts, this.#guards.get(deviceId), clock.now())
		if (claimed.kind !== 'answer') return this.#challenge(facts, digests, claimed.kind === 'stale')
		const known = credentials.known(deviceId)
		const credential = known ? known.credential : await credentials.open(deviceId)
		if (!isRightPassword(rules, claim, claimed, credential)) {
			const verdict = throttle.verdict(facts.source, deviceId, clock.now())
			throttle.failed(facts.source, deviceId, clock.now())
			return verdict === 'allowed' ? this.#challenge(facts, digests, false) : localResponse(403)
		}
		throttle.succeeded(facts.source, deviceId)
		this.#guards.set(deviceId, useNonce(this.#guards.get(deviceId), claimed.nonce, claimed.count, clock.now()))
		return undefined
	}

	#challenge({ source }: FlowFacts, digests: readonly DeviceDigest[], stale: boolean): LocalResponse {
		const texts = challengeTexts(this.#options.rules, { source, digests, stale }, this.#options.clock.now())
		return localResponse(
			407,
			undefined,
			texts.map((text) => ['Proxy-Authenticate', text] as const),
		)
	}
}

function claimOf(deviceId: DeviceId, { method, uri, headers }: SipRequest): AuthenticatedRequest {
	return { deviceId, method, uri, authorizations: headers.all('Proxy-Authorization') }
}
