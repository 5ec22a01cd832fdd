import type { DeviceId, DigestOffer, SipCredential } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'

interface Entry {
	readonly credential: SipCredential | undefined
	readonly untilMs: number
}

export interface CredentialCacheOptions {
	readonly clock: Clock
	readonly open: (deviceId: DeviceId) => Promise<SipCredential | undefined>
	/** How long a credential is believed without a word of change; heals a lost signal. */
	readonly maxAgeMs: number
	/** How long a device is believed not to exist. */
	readonly unknownMaxAgeMs: number
	readonly maxEntries: number
}

/** The devices' credentials as far as they were asked for lately, so that a refresh does not reach the database. */
export class CredentialCache {
	readonly #options: CredentialCacheOptions
	readonly #entries = new Map<DeviceId, Entry>()
	/** Look-ups under way; one that is not here any more when it ends was overtaken by a change. */
	readonly #opening = new Map<DeviceId, Promise<SipCredential | undefined>>()

	constructor(options: CredentialCacheOptions) {
		this.#options = options
	}

	/** What is known without asking anybody; undefined when nothing is. */
	known(deviceId: DeviceId): { readonly credential: SipCredential | undefined } | undefined {
		const entry = this.#entries.get(deviceId)
		if (!entry) return undefined
		if (entry.untilMs > this.#options.clock.now()) return entry
		this.#entries.delete(deviceId)
		return undefined
	}

	/** Looks it up in the store; several at once share one look-up. Rejects when the store does not answer. */
	open(deviceId: DeviceId): Promise<SipCredential | undefined> {
		const underWay = this.#opening.get(deviceId)
		if (underWay) return underWay
		const opening = this.#options.open(deviceId)
		this.#opening.set(deviceId, opening)
		opening.then(
			(credential) => {
				if (this.#end(deviceId, opening)) this.#remember(deviceId, credential)
			},
			() => this.#end(deviceId, opening),
		)
		return opening
	}

	/** The device was changed: the next one to ask goes to the store. */
	forget(deviceId: DeviceId): void {
		this.#entries.delete(deviceId)
		this.#opening.delete(deviceId)
	}

	/** The device has answered that offer of digests. */
	answered(deviceId: DeviceId, answeredOffer: DigestOffer): void {
		const entry = this.#entries.get(deviceId)
		if (!entry?.credential) return
		this.#entries.set(deviceId, { ...entry, credential: { ...entry.credential, answeredOffer } })
	}

	#end(deviceId: DeviceId, opening: Promise<SipCredential | undefined>): boolean {
		return this.#opening.get(deviceId) === opening && this.#opening.delete(deviceId)
	}

	#remember(deviceId: DeviceId, credential: SipCredential | undefined): void {
		const { clock, maxAgeMs, unknownMaxAgeMs, maxEntries } = this.#options
		const oldest = this.#entries.size >= maxEntries ? this.#entries.keys().next().value : undefined
		if (oldest !== undefined) this.#entries.delete(oldest)
		this.#entries.set(deviceId, { credential, untilMs: clock.now() + (credential ? maxAgeMs : unknownMaxAgeMs) })
	}
}
