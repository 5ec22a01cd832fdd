import type { CallId, DeviceId } from '@vigil/domain'
import type { CallDriver, Side } from './call-driver.ts'
import { CallIdPairs } from './call-id-pairs.ts'

/** Whose dialog a tag of ours stands for. */
interface Tagged {
	readonly call: CallDriver
	readonly side: Side
	/** Which of several devices that ring. */
	readonly legId: number | undefined
}

/** Calls in memory, found by our own dialog tags, by the devices that they concern and by their id. */
export class CallRegistry {
	/** Call-IDs that differ between the sides. */
	readonly callIds = new CallIdPairs()
	readonly #byId = new Map<CallId, CallDriver>()
	readonly #byTag = new Map<string, Tagged>()
	readonly #tagsOf = new Map<CallDriver, Set<string>>()
	readonly #byContact = new Map<string, CallDriver>()
	readonly #contactOf = new Map<CallDriver, string>()

	get size(): number {
		return this.#byId.size
	}

	add(call: CallDriver): void {
		this.#byId.set(call.id, call)
	}

	/** Routes requests that carry this tag of ours as To tag, when they come from that side. */
	addTag(tag: string, call: CallDriver, side: Side, legId?: number): void {
		this.#byTag.set(tag, { call, side, legId })
		const tags = this.#tagsOf.get(call)
		if (tags) tags.add(tag)
		else this.#tagsOf.set(call, new Set([tag]))
	}

	/** The user part of the call's Contact towards SIP servers; it is forgotten with the call. */
	addContact(token: string, call: CallDriver): void {
		this.#byContact.set(token, call)
		this.#contactOf.set(call, token)
	}

	removeTag(tag: string): void {
		const call = this.#byTag.get(tag)?.call
		this.#byTag.delete(tag)
		if (call) this.#tagsOf.get(call)?.delete(tag)
	}

	remove(call: CallDriver): void {
		this.#byId.delete(call.id)
		for (const tag of this.#tagsOf.get(call) ?? []) this.#byTag.delete(tag)
		this.#tagsOf.delete(call)
		const contact = this.#contactOf.get(call)
		if (contact !== undefined) this.#byContact.delete(contact)
		this.#contactOf.delete(call)
	}

	/** The call whose Contact has that user part, in any letter case. */
	byContact(user: string): CallDriver | undefined {
		return this.#byContact.get(user.toLowerCase())
	}

	/** A tag of the devices' side is never one that upstream may use, nor the other way round. */
	byTag(tag: string | undefined, side: Side): Tagged | undefined {
		const found = tag === undefined ? undefined : this.#byTag.get(tag)
		return found?.side === side ? found : undefined
	}

	byId(id: CallId): CallDriver | undefined {
		return this.#byId.get(id)
	}

	concerning(deviceId: DeviceId): CallDriver[] {
		return [...this.#byId.values()].filter((call) => call.concerns(deviceId))
	}

	all(): CallDriver[] {
		return [...this.#byId.values()]
	}
}
