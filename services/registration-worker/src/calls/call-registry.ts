import type { CallId, DeviceId } from '@vigil/domain'
import type { RunningCall } from './running-call.ts'

/** Calls in memory, found by our own dialog tags, by the devices that they concern and by their id. */
export class CallRegistry {
	readonly #byId = new Map<CallId, RunningCall>()
	readonly #byTag = new Map<string, { readonly call: RunningCall; readonly legId: number | undefined }>()

	get size(): number {
		return this.#byId.size
	}

	add(call: RunningCall): void {
		this.#byId.set(call.id, call)
	}

	/** Routes requests that carry this To tag of ours; `legId` for a device's side, none for the caller's. */
	addTag(tag: string, call: RunningCall, legId?: number): void {
		this.#byTag.set(tag, { call, legId })
	}

	removeTag(tag: string): void {
		this.#byTag.delete(tag)
	}

	remove(call: RunningCall): void {
		this.#byId.delete(call.id)
		for (const [tag, entry] of this.#byTag) if (entry.call === call) this.#byTag.delete(tag)
	}

	byTag(tag: string | undefined): { readonly call: RunningCall; readonly legId: number | undefined } | undefined {
		return tag === undefined ? undefined : this.#byTag.get(tag)
	}

	byId(id: CallId): RunningCall | undefined {
		return this.#byId.get(id)
	}

	/** A call of the same INVITE that came by another way (RFC 3261 8.2.2.2). */
	hasInvite(key: string): boolean {
		for (const call of this.#byId.values()) if (call.inviteKey === key) return true
		return false
	}

	concerning(deviceId: DeviceId): RunningCall[] {
		return [...this.#byId.values()].filter((call) => call.concerns(deviceId))
	}

	all(): RunningCall[] {
		return [...this.#byId.values()]
	}
}
