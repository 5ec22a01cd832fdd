import type { AccountId, Device, DeviceBinding, DeviceId, KeptSipCredential } from '@vigil/domain'
import { type AccountProfile, AccountProfiles } from './account-profiles.ts'
import {
	type AccountFacts,
	type DirectoryEntry,
	isHeadOf,
	packBody,
	packHead,
	readFacts,
	readVersion,
	unpackCredential,
	unpackEntry,
} from './packed-entry.ts'
import { PackedRecords } from './packed-records.ts'
import { PackedValues } from './packed-values.ts'
import { SlotIndex } from './slot-index.ts'
import { Slots } from './slots.ts'

export type { AccountFacts, DirectoryEntry } from './packed-entry.ts'

const NONE = -1
/** Accounts of one address-of-record that are told apart. */
const MOST_NAMED = 8
/** Entries kept unpacked. */
const MOST_UNPACKED = 256

/**
 * The worker's picture of its accounts, in memory, so that calls ring while the database is away. Accounts are packed
 * and numbered; look-ups by id, by the Contact token of an incoming request and by device.
 */
export class AccountDirectory {
	readonly #slots = new Slots()
	readonly #records = new PackedRecords()
	readonly #profiles = new AccountProfiles()
	readonly #values = new PackedValues()
	#profileOf = new Int32Array(0)
	readonly #byId = new SlotIndex()
	readonly #byToken = new SlotIndex()
	readonly #byDevice = new SlotIndex()
	readonly #byAddress = new SlotIndex()
	/** Those asked for lately: one call asks several times, and a flood asks for the same one. */
	readonly #unpacked = new Map<number, DirectoryEntry>()
	readonly #bindings = new Map<DeviceId, DeviceBinding>()

	get size(): number {
		return this.#byId.size
	}

	/** Slots are below this number. */
	get span(): number {
		return this.#slots.span
	}

	/** The account's number, or -1. */
	slotOf(id: AccountId): number {
		return this.#byId.find(id, (slot) => this.#begins(slot, id))
	}

	get(id: AccountId): DirectoryEntry | undefined {
		return this.at(this.slotOf(id))
	}

	at(slot: number): DirectoryEntry | undefined {
		const known = this.#unpacked.get(slot)
		if (known) return known
		const [head, body, profile] = [this.#records.head(slot), this.#records.body(slot), this.profile(slot)]
		if (head === undefined || body === undefined || !profile) return undefined
		const entry = unpackEntry(head, body, profile, this.#values)
		if (this.#unpacked.size >= MOST_UNPACKED) this.#unpacked.clear()
		this.#unpacked.set(slot, entry)
		return entry
	}

	/**
	 * The account whose Contact has this user part, as a server writes it: perhaps in lower case. Tokens are of one case; of older ones
	 * that differ in nothing else only the very one is found.
	 */
	byToken(token: string): DirectoryEntry | undefined {
		const folded = token.toLowerCase()
		let [only, more] = [NONE, false]
		const exact = this.#byToken.find(folded, (slot) => {
			const known = this.facts(slot)?.contactToken ?? ''
			if (known === token) return true
			if (known.toLowerCase() === folded) [more, only] = [only !== NONE, slot]
			return false
		})
		if (exact !== NONE) return this.at(exact)
		return more ? undefined : this.at(only)
	}

	/**
	 * Accounts of that address-of-record, in any letter case; several tenants may have the same. Beyond a few they say nothing of whose
	 * it is, and the rest are left out.
	 */
	named(username: string, domain: string): number[] {
		const address = addressKey(username, domain)
		const slots: number[] = []
		this.#byAddress.find(address, (slot) => {
			const known = addressKey(this.facts(slot)?.username ?? '', this.profile(slot)?.domain ?? '')
			if (known === address) slots.push(slot)
			return slots.length >= MOST_NAMED
		})
		return slots
	}

	/** What sending needs, without unpacking the rest; also for a removed account until its slot is released. */
	facts(slot: number): AccountFacts | undefined {
		const head = this.#records.head(slot)
		return head === undefined ? undefined : readFacts(head)
	}

	/** What the account has in common with others. */
	profile(slot: number): AccountProfile | undefined {
		const number = this.#profileOf[slot] ?? NONE
		return number === NONE ? undefined : this.#profiles.get(number)
	}

	/** The version of an account that is here, else undefined. */
	version(slot: number): number | undefined {
		const head = this.#records.head(slot)
		return head === undefined ? undefined : readVersion(head)
	}

	/** Adds or replaces the account; returns its number, which stays the same while it is here. */
	put(entry: DirectoryEntry): number {
		const known = this.slotOf(entry.account.id)
		const slot = known < 0 ? this.#slots.take() : known
		const before = known < 0 ? undefined : this.at(slot)
		const profileBefore = known < 0 ? NONE : (this.#profileOf[slot] ?? NONE)
		if (before) this.#unindex(slot, before)
		this.#unpacked.delete(slot)
		const profile = this.#profiles.acquire(entry.account)
		this.#setProfile(slot, profile)
		this.#records.set(slot, packHead(entry.account), packBody(entry, this.#values))
		if (profileBefore !== NONE) this.#profiles.release(profileBefore)
		this.#byId.add(entry.account.id, slot)
		this.#byToken.add(entry.account.contactToken.toLowerCase(), slot)
		this.#byAddress.add(addressKey(entry.account.username, entry.account.domain), slot)
		for (const device of entry.devices) this.#byDevice.add(device.id, slot)
		return slot
	}

	/** Hides the account from every look-up; its slot and facts stay until `release`. Returns the slot, or -1. */
	remove(id: AccountId): number {
		const slot = this.slotOf(id)
		const entry = this.at(slot)
		if (!entry) return -1
		this.#unindex(slot, entry)
		return slot
	}

	/** Whether the slot's account is to be found by its id. */
	holds(slot: number): boolean {
		const facts = this.facts(slot)
		return facts !== undefined && this.slotOf(facts.id) === slot
	}

	/** Frees the slot of a removed account. */
	release(slot: number): void {
		const profile = this.#profileOf[slot] ?? NONE
		if (profile === NONE) return
		this.#profiles.release(profile)
		this.#setProfile(slot, NONE)
		this.#records.delete(slot)
		this.#unpacked.delete(slot)
		this.#slots.release(slot)
	}

	accountsOfDevice(id: DeviceId): AccountId[] {
		return this.#byDevice
			.findAll(id, (slot) => this.at(slot)?.devices.some((device) => device.id === id) ?? false)
			.flatMap((slot) => this.facts(slot)?.id ?? [])
	}

	/** The device as a line of one of its accounts has it. */
	device(id: DeviceId): Device | undefined {
		return this.at(this.#slotOfDevice(id))?.devices.find((device) => device.id === id)
	}

	/** What the device attaches with at the edge, where it was read. */
	keptCredential(id: DeviceId): KeptSipCredential | undefined {
		const body = this.#records.body(this.#slotOfDevice(id))
		return body === undefined ? undefined : unpackCredential(body, id, this.#values)
	}

	#slotOfDevice(id: DeviceId): number {
		return this.#byDevice.find(id, (slot) => this.at(slot)?.devices.some((device) => device.id === id) ?? false)
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

	#setProfile(slot: number, profile: number): void {
		if (slot >= this.#profileOf.length) {
			const larger = new Int32Array(Math.max(slot + 1, Math.ceil(this.#profileOf.length * 1.25), 256)).fill(NONE)
			larger.set(this.#profileOf)
			this.#profileOf = larger
		}
		this.#profileOf[slot] = profile
	}

	#begins(slot: number, id: AccountId): boolean {
		const head = this.#records.head(slot)
		return head !== undefined && isHeadOf(head, id)
	}

	#unindex(slot: number, { account, devices }: DirectoryEntry): void {
		this.#byId.remove(account.id, slot)
		this.#byToken.remove(account.contactToken.toLowerCase(), slot)
		this.#byAddress.remove(addressKey(account.username, account.domain), slot)
		for (const device of devices) this.#byDevice.remove(device.id, slot)
	}
}

function addressKey(username: string, domain: string): string {
	return `${username}@${domain}`.toLowerCase()
}
