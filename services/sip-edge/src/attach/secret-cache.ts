import type { DeviceId, Secret } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'

interface Entry {
	readonly secret: Secret | undefined
	readonly untilMs: number
}

export interface SecretCacheOptions {
	readonly clock: Clock
	readonly open: (deviceId: DeviceId) => Promise<Secret | undefined>
	/** How long a password is believed without a word of change; heals a lost signal. */
	readonly maxAgeMs: number
	/** How long a device is believed not to exist. */
	readonly unknownMaxAgeMs: number
	readonly maxEntries: number
}

/** The devices' passwords as far as they were asked for lately, so that a refresh does not reach the database. */
export class SecretCache {
	readonly #options: SecretCacheOptions
	readonly #entries = new Map<DeviceId, Entry>()
	/** Look-ups under way; one that is not here any more when it ends was overtaken by a change. */
	readonly #opening = new Map<DeviceId, Promise<Secret | undefined>>()

	constructor(options: SecretCacheOptions) {
		this.#options = options
	}

	/** What is known without asking anybody; undefined when nothing is. */
	known(deviceId: DeviceId): { readonly secret: Secret | undefined } | undefined {
		const entry = this.#entries.get(deviceId)
		if (!entry) return undefined
		if (entry.untilMs > this.#options.clock.now()) return entry
		this.#entries.delete(deviceId)
		return undefined
	}

	/** Looks the password up in the store; several at once share one look-up. Rejects when the store does not answer. */
	open(deviceId: DeviceId): Promise<Secret | undefined> {
		const underWay = this.#opening.get(deviceId)
		if (underWay) return underWay
		const opening = this.#options.open(deviceId)
		this.#opening.set(deviceId, opening)
		opening.then(
			(secret) => {
				if (this.#end(deviceId, opening)) this.#remember(deviceId, secret)
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

	#end(deviceId: DeviceId, opening: Promise<Secret | undefined>): boolean {
		return this.#opening.get(deviceId) === opening && this.#opening.delete(deviceId)
	}

	#remember(deviceId: DeviceId, secret: Secret | undefined): void {
		const { clock, maxAgeMs, unknownMaxAgeMs, maxEntries } = this.#options
		const oldest = this.#entries.size >= maxEntries ? this.#entries.keys().next().value : undefined
		if (oldest !== undefined) this.#entries.delete(oldest)
		this.#entries.set(deviceId, { secret, untilMs: clock.now() + (secret ? maxAgeMs : unknownMaxAgeMs) })
	}
}
