import type { CallId, DeviceId } from '@vigil/domain'
import type { RunningCall } from './running-call.ts'

/** Calls in memory, found by our own dialog tags, by the devices that they concern and by their id. */
export class CallRegistry {
	readonly #byId = new Map<CallId, RunningCall>()
	readonly #byInvite = new Map<string, RunningCall>()
	readonly #byTag = new Map<string, { readonly call: RunningCall; readonly legId: number | undefined }>()
	readonly #tagsOf = new Map<RunningCall, Set<string>>()

	get size(): number {
		return this.#byId.size
	}

	add(call: RunningCall): void {
		this.#byId.set(call.id, call)
		this.#byInvite.set(call.inviteKey, call)
	}

	/** Routes requests that carry this To tag of ours; `legId` for a device's side, none for the caller's. */
	addTag(tag: string, call: RunningCall, legId?: number): void {
		this.#byTag.set(tag, { call, legId })
		const tags = this.#tagsOf.get(call)
		if (tags) tags.add(tag)
		else this.#tagsOf.set(call, new Set([tag]))
	}

	removeTag(tag: string): void {
		const call = this.#byTag.get(tag)?.call
		this.#byTag.delete(tag)
		if (call) this.#tagsOf.get(call)?.delete(tag)
	}

	remove(call: RunningCall): void {
		this.#byId.delete(call.id)
		if (this.#byInvite.get(call.inviteKey) === call) this.#byInvite.delete(call.inviteKey)
		for (const tag of this.#tagsOf.get(call) ?? []) this.#byTag.delete(tag)
		this.#tagsOf.delete(call)
	}

	byTag(tag: string | undefined): { readonly call: RunningCall; readonly legId: number | undefined } | undefined {
		return tag === undefined ? undefined : this.#byTag.get(tag)
	}

	byId(id: CallId): RunningCall | undefined {
		return this.#byId.get(id)
	}

	/** A call of the same INVITE that came by another way (RFC 3261 8.2.2.2). */
	hasInvite(key: string): boolean {
		return this.#byInvite.has(key)
	}

	concerning(deviceId: DeviceId): RunningCall[] {
		return [...this.#byId.values()].filter((call) => call.concerns(deviceId))
	}

	all(): RunningCall[] {
		return [...this.#byId.values()]
	}
}
