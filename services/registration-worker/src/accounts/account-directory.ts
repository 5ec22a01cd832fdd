import type { Account, AccountId, Device, DeviceBinding, DeviceId } from '@vigil/domain'

/** An account with the devices that it is a line of, as last read. */
export interface DirectoryEntry {
	readonly account: Account
	readonly devices: readonly Device[]
}

/**
 * The worker's picture of its accounts, in memory, so that calls ring while the database is away.
 * Look-ups by the Contact token of an incoming request and by device.
 */
export class AccountDirectory {
	readonly #entries = new Map<AccountId, DirectoryEntry>()
	readonly #byToken = new Map<string, AccountId>()
	readonly #bindings = new Map<DeviceId, DeviceBinding>()
	readonly #accountsOfDevice = new Map<DeviceId, Set<AccountId>>()

	get size(): number {
		return this.#entries.size
	}

	ids(): AccountId[] {
		return [...this.#entries.keys()]
	}

	get(id: AccountId): DirectoryEntry | undefined {
		return this.#entries.get(id)
	}

	byToken(token: string): DirectoryEntry | undefined {
		const id = this.#byToken.get(token)
		return id === undefined ? undefined : this.#entries.get(id)
	}

	put(entry: DirectoryEntry): void {
		this.remove(entry.account.id)
		this.#entries.set(entry.account.id, entry)
		this.#byToken.set(entry.account.contactToken, entry.account.id)
		for (const device of entry.devices) this.#accountsOf(device.id).add(entry.account.id)
	}

	remove(id: AccountId): DirectoryEntry | undefined {
		const entry = this.#entries.get(id)
		if (!entry) return undefined
		this.#entries.delete(id)
		this.#byToken.delete(entry.account.contactToken)
		for (const device of entry.devices) {
			const accounts = this.#accountsOfDevice.get(device.id)
			accounts?.delete(id)
			if (accounts?.size === 0) this.#accountsOfDevice.delete(device.id)
		}
		return entry
	}

	accountsOfDevice(id: DeviceId): AccountId[] {
		return [...(this.#accountsOfDevice.get(id) ?? [])]
	}

	/** The device's flow at the edge, if it has one that has not run out. */
	binding(id: DeviceId, nowMs: number): DeviceBinding | undefined {
		const binding = this.#bindings.get(id)
		return binding && binding.expiresAtMs > nowMs ? binding : undefined
	}

	attach(binding: DeviceBinding): void {
		this.#bindings.set(binding.deviceId, binding)
	}

	/** Forgets the binding unless a newer one has taken its place. */
	detach(deviceId: DeviceId, bindingId: string): void {
		if (this.#bindings.get(deviceId)?.bindingId === bindingId) this.#bindings.delete(deviceId)
	}

	#accountsOf(id: DeviceId): Set<AccountId> {
		let accounts = this.#accountsOfDevice.get(id)
		if (!accounts) {
			accounts = new Set()
			this.#accountsOfDevice.set(id, accounts)
		}
		return accounts
	}
}
