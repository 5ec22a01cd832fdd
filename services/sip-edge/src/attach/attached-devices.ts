import { BoundedMap, type DeviceId } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'

/** Devices remembered that have left, the oldest is forgotten first: a call outlives a registration, but few do. */
const MAX_LEFT = 10_000

/** Which device is on which flow. */
export class AttachedDevices {
	readonly #flows = new Map<DeviceId, Flow>()
	/** Where devices were whose registration has ended, and not their flow. */
	readonly #left = new BoundedMap<DeviceId, Flow>(MAX_LEFT)
	readonly #devices = new Map<string, Set<DeviceId>>()

	get size(): number {
		return this.#flows.size
	}

	/** The device's flow, if it has one that is open. */
	flowOf(deviceId: DeviceId): Flow | undefined {
		const flow = this.#flows.get(deviceId)
		return flow?.closed ? undefined : flow
	}

	/**
	 * The flow for what belongs to a dialog: a dialog needs no registration (RFC 3261 12), so a device that unregisters in a call,
	 * as softphones do that are being closed, is still there for its BYE.
	 */
	dialogFlowOf(deviceId: DeviceId): Flow | undefined {
		const left = this.#left.get(deviceId)
		return this.flowOf(deviceId) ?? (left?.closed ? undefined : left)
	}

	devicesOn(flowId: string): readonly DeviceId[] {
		return [...(this.#devices.get(flowId) ?? [])]
	}

	isUsed(flowId: string): boolean {
		return this.#devices.has(flowId)
	}

	/** Every device with its flow, closed ones too. */
	entries(): IterableIterator<readonly [DeviceId, Flow]> {
		return this.#flows.entries()
	}

	/** Every flow with a device on it, once. */
	flows(): readonly Flow[] {
		return [...new Map([...this.#flows.values()].map((flow) => [flow.id, flow])).values()]
	}

	put(deviceId: DeviceId, flow: Flow): void {
		this.forget(deviceId)
		this.#flows.set(deviceId, flow)
		const devices = this.#devices.get(flow.id)
		if (devices) devices.add(deviceId)
		else this.#devices.set(flow.id, new Set([deviceId]))
	}

	/** The registration is over; what dialogs there are go on. */
	leave(deviceId: DeviceId): void {
		const flow = this.#flows.get(deviceId)
		this.#remove(deviceId)
		if (!flow) return
		this.#left.set(deviceId, flow)
	}

	/** The device is gone, from dialogs too. */
	forget(deviceId: DeviceId): void {
		this.#remove(deviceId)
		this.#left.delete(deviceId)
	}

	#remove(deviceId: DeviceId): void {
		const flow = this.#flows.get(deviceId)
		if (!flow) return
		this.#flows.delete(deviceId)
		const devices = this.#devices.get(flow.id)
		devices?.delete(deviceId)
		if (devices?.size === 0) this.#devices.delete(flow.id)
	}
}
