import type { AccountId, DeviceId } from '@vigil/domain'

/** How many calls may go out at the same time. */
export interface OutgoingLimits {
	readonly perDevice: number
	readonly perAccount: number
}

/** Counts the calls that are out, so that a device that runs wild costs its user's money only so fast. */
export class OutgoingBounds {
	readonly #limits: OutgoingLimits
	readonly #counts = new Map<string, number>()
	#taken = 0

	constructor(limits: OutgoingLimits) {
		this.#limits = limits
	}

	/** Calls that are out. */
	get size(): number {
		return this.#taken
	}

	/** Takes a place for a call; gives what returns it, or undefined when there is none. */
	take(deviceId: DeviceId, accountId: AccountId): (() => void) | undefined {
		const [device, account] = [`device ${deviceId}`, `account ${accountId}`]
		const { perDevice, perAccount } = this.#limits
		if (this.#count(device) >= perDevice || this.#count(account) >= perAccount) return undefined
		for (const key of [device, account]) this.#counts.set(key, this.#count(key) + 1)
		this.#taken++
		let taken = true
		return () => {
			if (!taken) return
			taken = false
			this.#taken--
			for (const key of [device, account]) this.#release(key)
		}
	}

	#count(key: string): number {
		return this.#counts.get(key) ?? 0
	}

	#release(key: string): void {
		const left = this.#count(key) - 1
		if (left > 0) this.#counts.set(key, left)
		else this.#counts.delete(key)
	}
}
