import { BoundedMap } from '@vigil/domain'

/** Bounds on wrong passwords. */
export interface AttemptLimits {
	/** Wrong passwords of one source for one device, of which the last is answered by 403, and so is every one after it. */
	readonly triesPerDevice: number
	/** Wrong passwords of one source for all devices together after which further ones are answered by 503. */
	readonly triesPerSource: number
	/** How long a count lives after its first failure, milliseconds. */
	readonly windowMs: number
	/** Sources and devices remembered; the oldest is forgotten first. */
	readonly maxEntries: number
}

export type AttemptVerdict = 'allowed' | 'device-blocked' | 'source-blocked'

interface FailureCount {
	count: number
	readonly startedAtMs: number
}

/**
 * Counts wrong passwords by source; a right one passes however many there were, as many phones share one address. Counting by source and device, and not by device alone, keeps a
 * stranger from locking a device out. Reads no clock: the time is given.
 */
export class AttemptThrottle {
	readonly #limits: AttemptLimits
	readonly #failures: BoundedMap<string, FailureCount>

	constructor(limits: AttemptLimits) {
		this.#limits = limits
		this.#failures = new BoundedMap(limits.maxEntries)
	}

	/** What a wrong password from there is answered by, if it comes now. */
	verdict(source: string, deviceId: string, nowMs: number): AttemptVerdict {
		if (this.isSourceBlocked(source, nowMs)) return 'source-blocked'
		const tries = this.#count(deviceKey(source, deviceId), nowMs) + 1
		return tries >= this.#limits.triesPerDevice ? 'device-blocked' : 'allowed'
	}

	isSourceBlocked(source: string, nowMs: number): boolean {
		return this.#count(source, nowMs) >= this.#limits.triesPerSource
	}

	/** Counts one wrong password. */
	failed(source: string, deviceId: string, nowMs: number): void {
		this.#increase(source, nowMs)
		this.#increase(deviceKey(source, deviceId), nowMs)
	}

	/** The right password came: failures for that device are forgotten. Those of the source stay, as it may try many devices. */
	succeeded(source: string, deviceId: string): void {
		this.#failures.delete(deviceKey(source, deviceId))
	}

	get size(): number {
		return this.#failures.size
	}

	#count(key: string, nowMs: number): number {
		const entry = this.#failures.get(key)
		if (!entry) return 0
		if (nowMs - entry.startedAtMs < this.#limits.windowMs) return entry.count
		this.#failures.delete(key)
		return 0
	}

	#increase(key: string, nowMs: number): void {
		if (this.#count(key, nowMs) > 0) {
			const entry = this.#failures.get(key)
			if (entry) entry.count++
			return
		}
		this.#failures.set(key, { count: 1, startedAtMs: nowMs })
	}
}

/** A space stands in no address. */
function deviceKey(source: string, deviceId: string): string {
	return `${source} ${deviceId}`
}
