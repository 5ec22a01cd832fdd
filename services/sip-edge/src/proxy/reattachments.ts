import type { DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'

type Settle = (flow: Flow | undefined) => void

/** Those who wait for a device to attach again. */
export class Reattachments {
	readonly #clock: Clock
	readonly #waiting = new Map<DeviceId, Set<Settle>>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	/** The flow on which the device attaches; undefined when it does not within `waitMs`. */
	wait(deviceId: DeviceId, waitMs: number): Promise<Flow | undefined> {
		return new Promise((resolve) => {
			const waiting = this.#waiting.get(deviceId) ?? new Set<Settle>()
			this.#waiting.set(deviceId, waiting)
			const settle: Settle = (flow) => {
				this.#clock.clearTimer(timer)
				waiting.delete(settle)
				if (waiting.size === 0) this.#waiting.delete(deviceId)
				resolve(flow)
			}
			const timer = this.#clock.setTimer(waitMs, () => settle(undefined))
			waiting.add(settle)
		})
	}

	attached(deviceId: DeviceId, flow: Flow): void {
		for (const settle of [...(this.#waiting.get(deviceId) ?? [])]) settle(flow)
	}

	/** Nobody is waited for any more. */
	close(): void {
		for (const waiting of [...this.#waiting.values()]) for (const settle of [...waiting]) settle(undefined)
	}
}
