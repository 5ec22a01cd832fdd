import { BoundedMap, type DeviceId, type DigestOffer, type SipCredential } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'

interface Entry {
	readonly credential: SipCredential | undefined
	readonly untilMs: number
}

export interface CredentialCacheOptions {
	readonly clock: Clock
	readonly open: (deviceId: DeviceId) => Promise<SipCredential | undefined>
	/** What somebody in this process has in memory of a device's credential. */
	readonly kept?: (deviceId: DeviceId) => SipCredential | undefined
	/** How long a credential is believed without a word of change; heals a lost signal. */
	readonly maxAgeMs: number
	/** How long a device is believed not to exist. */
	readonly unknownMaxAgeMs: number
	readonly maxEntries: number
}

/** A woken phone waits no longer than this for the store where something in memory will do. */
const PATIENCE_MS = 50
/** What memory gave is believed for so long before the store is asked again. */
const MEMORY_MAX_AGE_MS = 10_000

/**
 * The devices' credentials as far as they were asked for lately, so that a refresh does not reach the database. What is old, or kept
 * elsewhere in this process, serves while the store does not answer.
 */
export class CredentialCache {
	readonly #options: CredentialCacheOptions
	readonly #entries: BoundedMap<DeviceId, Entry>
	/** Look-ups under way; one that is not here any more when it ends was overtaken by a change. */
	readonly #opening = new Map<DeviceId, Promise<SipCredential | undefined>>()

	constructor(options: CredentialCacheOptions) {
		this.#options = options
		this.#entries = new BoundedMap(options.maxEntries)
	}

	/** What is known without asking anybody; undefined when nothing is. */
	known(deviceId: DeviceId): { readonly credential: SipCredential | undefined } | undefined {
		const entry = this.#entries.get(deviceId)
		if (!entry) return undefined
		return entry.untilMs > this.#options.clock.now() ? entry : undefined
	}

	/**
	 * Looks it up in the store; several at once share one look-up. Where the store does not answer soon, what is in memory is given;
	 * rejects when there is nothing.
	 */
	async open(deviceId: DeviceId): Promise<SipCredential | undefined> {
		const opening = this.#open(deviceId)
		const inMemory = this.#entries.get(deviceId)?.credential ?? this.#options.kept?.(deviceId)
		if (!inMemory) return opening
		const { clock } = this.#options
		const late = Promise.withResolvers<SipCredential>()
		const timer = clock.setTimer(PATIENCE_MS, () => late.resolve(inMemory))
		try {
			return await Promise.race([opening, late.promise])
		} catch {
			return inMemory
		} finally {
			clock.clearTimer(timer)
			if (!this.known(deviceId) && this.#opening.get(deviceId) === opening) {
				this.#remember(deviceId, inMemory, MEMORY_MAX_AGE_MS)
			}
		}
	}

	#open(deviceId: DeviceId): Promise<SipCredential | undefined> {
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

	#remember(deviceId: DeviceId, credential: SipCredential | undefined, forMs = this.#maxAgeMs(credential)): void {
		const { clock } = this.#options
		this.#entries.set(deviceId, { credential, untilMs: clock.now() + forMs })
	}

	#maxAgeMs(credential: SipCredential | undefined): number {
		return credential ? this.#options.maxAgeMs : this.#options.unknownMaxAgeMs
	}
}
