import {
	BoundedMap,
	type DeviceDigest,
	type DeviceId,
	type DigestOffer,
	digestOffer,
	offeredDigests,
	type SipCredential,
	type TokenBucket,
} from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { EdgeDevices } from '../ports.ts'
import type { CredentialCache } from './credential-cache.ts'

export interface DigestOffersOptions {
	readonly credentials: CredentialCache
	readonly devices: Pick<EdgeDevices, 'noteAnsweredOffer'>
	/** Bounds the look-ups that those can cause who have not answered a challenge. */
	readonly budget: TokenBucket
	/** How long a challenge waits for the store, milliseconds. */
	readonly waitMs: number
	/** Devices remembered that have not answered yet; the oldest is forgotten first. */
	readonly maxEntries: number
	readonly clock: Clock
	readonly logger: Logger
	readonly onFailure: () => void
}

/** A request of a device that may have to be challenged. */
export interface Challengeable {
	readonly deviceId: DeviceId
	/** It answers a challenge, well or not. */
	readonly hasCredentials: boolean
}

/** What a device was offered that has not proved itself since. */
interface OpenOffer {
	readonly offer: DigestOffer
	/** It took it up, however wrong its answer was. */
	readonly isTaken: boolean
}

type Digests = readonly DeviceDigest[]

/** Which digests each device is offered (`digestOffer` in the domain). What a device was found to answer is stored. */
export class DigestOffers {
	readonly #options: DigestOffersOptions
	readonly #open: BoundedMap<DeviceId, OpenOffer>

	constructor(options: DigestOffersOptions) {
		this.#options = options
		this.#open = new BoundedMap(options.maxEntries)
	}

	/**
	 * The digests of a challenge, at once where the device is known. Else it is looked up, though not for everybody and not for
	 * long: a stranger must not be able to keep the store busy, and without a store the usual offer is as good as any.
	 */
	digestsFor(request: Challengeable): Digests | Promise<Digests> {
		const { credentials, budget, clock } = this.#options
		const known = credentials.known(request.deviceId)
		if (known) return this.#digests(request, known.credential)
		return budget.take(clock.now()) ? this.#lookUp(request) : this.#digests(request, undefined)
	}

	/** The request, which had no credentials, was challenged. */
	challenged(deviceId: DeviceId): void {
		const { credentials } = this.#options
		const offer = this.#next(deviceId, credentials.known(deviceId)?.credential)
		this.#open.set(deviceId, { offer, isTaken: false })
	}

	/** A challenge was answered, whether well or not. */
	taken(deviceId: DeviceId): void {
		const open = this.#open.get(deviceId)
		if (open) this.#open.set(deviceId, { ...open, isTaken: true })
	}

	/** The device has proved its password. */
	proved(deviceId: DeviceId): void {
		const { credentials, devices, logger, onFailure } = this.#options
		const offer = this.#open.get(deviceId)?.offer
		this.#open.delete(deviceId)
		const known = credentials.known(deviceId)?.credential
		// What the app says was offered, so the answer tells nothing.
		if (!offer || !known || known.answeredOffer || known.digestAlgorithms) return
		credentials.answered(deviceId, offer)
		devices.noteAnsweredOffer(deviceId, offer).catch((error: unknown) => {
			onFailure()
			logger.warn({ err: error, deviceId }, 'what a device can answer could not be noted')
		})
	}

	#digests({ deviceId, hasCredentials }: Challengeable, credential: SipCredential | undefined): Digests {
		// One that answers is asked again, if need be, as it was asked before.
		const before = hasCredentials ? this.#open.get(deviceId)?.offer : undefined
		return offeredDigests(credential, before ?? this.#next(deviceId, credential))
	}

	#next(deviceId: DeviceId, credential: SipCredential | undefined): DigestOffer {
		const open = this.#open.get(deviceId)
		return open?.isTaken ? open.offer : digestOffer(credential, open?.offer)
	}

	async #lookUp(request: Challengeable): Promise<Digests> {
		const { credentials, waitMs, clock } = this.#options
		const late = Promise.withResolvers<undefined>()
		const timer = clock.setTimer(waitMs, () => late.resolve(undefined))
		// Whoever needs the password itself looks it up again and tells of the failure.
		const found = await Promise.race([credentials.open(request.deviceId).catch(() => undefined), late.promise])
		clock.clearTimer(timer)
		return this.#digests(request, found)
	}
}
