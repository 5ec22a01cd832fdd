import type { DeviceId } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'

/** Which device is on which flow. */
export class AttachedDevices {
	readonly #flows = new Map<DeviceId, Flow>()
	readonly #devices = new Map<string, Set<DeviceId>>()

	get size(): number {
		return this.#flows.size
	}

	/** The device's flow, if it has one that is open. */
	flowOf(deviceId: DeviceId): Flow | undefined {
		const flow = this.#flows.get(deviceId)
		return flow?.closed ? undefined : flow
	}

	devicesOn(flowId: string): readonly DeviceId[] {
		return [...(this.#devices.get(flowId) ?? [])]
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
		this.remove(deviceId)
		this.#flows.set(deviceId, flow)
		const devices = this.#devices.get(flow.id)
		if (devices) devices.add(deviceId)
		else this.#devices.set(flow.id, new Set([deviceId]))
	}

	remove(deviceId: DeviceId): void {
		const flow = this.#flows.get(deviceId)
		if (!flow) return
		this.#flows.delete(deviceId)
		const devices = this.#devices.get(flow.id)
		devices?.delete(deviceId)
		if (devices?.size === 0) this.#devices.delete(flow.id)
	}
}
