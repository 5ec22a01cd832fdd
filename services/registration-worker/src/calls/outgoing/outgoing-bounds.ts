import type { Account, BudgetRefusal, BudgetScope, DeviceId } from '@vigil/domain'

/** How many calls may go out at the same time: of the device, of the account that it calls by, and of the account's tenant. */
export type OutgoingLimits = Readonly<Record<Exclude<BudgetScope, 'process'>, number>>

const SCOPES = ['device', 'account', 'tenant'] as const

/** Counts the calls that are out, so that a device that runs wild costs its user's money only so fast. */
export class OutgoingBounds {
	readonly #limitsOf: (line: Account) => OutgoingLimits
	readonly #counts = new Map<string, number>()
	#taken = 0

	/** `limitsOf` is asked for each call, so that what is changed holds from the next one on. */
	constructor(limitsOf: (line: Account) => OutgoingLimits) {
		this.#limitsOf = limitsOf
	}

	/** Calls that are out. */
	get size(): number {
		return this.#taken
	}

	/** Takes a place for a call; gives what returns it, or whose limit leaves none. */
	take(deviceId: DeviceId, line: Account): (() => void) | BudgetRefusal {
		const limits = this.#limitsOf(line)
		const keys = { device: `device ${deviceId}`, account: `account ${line.id}`, tenant: `tenant ${line.tenantId}` }
		for (const scope of SCOPES) {
			if (this.#count(keys[scope]) >= limits[scope]) return { scope, kind: 'outgoing-calls' }
		}
		for (const scope of SCOPES) this.#counts.set(keys[scope], this.#count(keys[scope]) + 1)
		this.#taken++
		let taken = true
		return () => {
			if (!taken) return
			taken = false
			this.#taken--
			for (const scope of SCOPES) this.#release(keys[scope])
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
