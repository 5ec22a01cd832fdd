import type { Account } from '@vigil/domain'

/** What many accounts have in common, kept once. */
export type AccountProfile = Pick<Account, 'tenantId' | 'domain' | 'transport' | 'webSocketPath' | 'attributes'>

interface Held {
	readonly key: string
	readonly profile: AccountProfile
	users: number
}

/** Profiles by number; one is forgotten when its last account goes. */
export class AccountProfiles {
	readonly #byKey = new Map<string, number>()
	readonly #held: (Held | undefined)[] = []
	readonly #free: number[] = []

	/** The number of the account's profile, for one more account. */
	acquire(account: Account): number {
		const { tenantId, domain, transport, webSocketPath, attributes } = account
		const key = JSON.stringify([tenantId, domain, transport, webSocketPath, attributes])
		const known = this.#byKey.get(key)
		if (known !== undefined) {
			this.#at(known).users++
			return known
		}
		const number = this.#free.pop() ?? this.#held.length
		const path = webSocketPath === undefined ? {} : { webSocketPath }
		const profile: AccountProfile = { tenantId, domain, transport, ...path, attributes }
		this.#held[number] = { key, profile, users: 1 }
		this.#byKey.set(key, number)
		return number
	}

	release(number: number): void {
		const held = this.#at(number)
		if (--held.users > 0) return
		this.#byKey.delete(held.key)
		this.#held[number] = undefined
		this.#free.push(number)
	}

	get(number: number): AccountProfile {
		return this.#at(number).profile
	}

	#at(number: number): Held {
		const held = this.#held[number]
		if (!held) throw new RangeError(`there is no account profile ${number}`)
		return held
	}
}
