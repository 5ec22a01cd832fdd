/** Bounds on wrong passwords. */
export interface AttemptLimits {
	/** Wrong passwords of one source for one device before the answer is 403. */
	readonly triesPerDevice: number
	/** Wrong passwords of one source for all devices together before it is not heard any more. */
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
 * Counts wrong passwords by source. Counting by source and device, and not by device alone, keeps a
 * stranger from locking a device out. Reads no clock: the time is given.
 */
export class AttemptThrottle {
	readonly #limits: AttemptLimits
	readonly #failures = new Map<string, FailureCount>()

	constructor(limits: AttemptLimits) {
		this.#limits = limits
	}

	verdict(source: string, deviceId: string, nowMs: number): AttemptVerdict {
		if (this.#count(source, nowMs) >= this.#limits.triesPerSource) return 'source-blocked'
		if (this.#count(deviceKey(source, deviceId), nowMs) >= this.#limits.triesPerDevice) return 'device-blocked'
		return 'allowed'
	}

	/** Counts one wrong password. */
	failed(source: string, deviceId: string, nowMs: number): void {
		this.#increase(source, nowMs)
		this.#increase(deviceKey(source, deviceId), nowMs)
	}

	/** One more wrong password for that device blocks it for the source. */
	isLastTry(source: string, deviceId: string, nowMs: number): boolean {
		return this.#count(deviceKey(source, deviceId), nowMs) + 1 >= this.#limits.triesPerDevice
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
		const oldest = this.#failures.size >= this.#limits.maxEntries ? this.#failures.keys().next().value : undefined
		if (oldest !== undefined) this.#failures.delete(oldest)
		this.#failures.set(key, { count: 1, startedAtMs: nowMs })
	}
}

/** A space stands in no address. */
function deviceKey(source: string, deviceId: string): string {
	return `${source} ${deviceId}`
}
