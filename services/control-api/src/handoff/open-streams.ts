import type { DeviceId } from '@vigil/domain'

/** Streams of events that are open, one for each device: a newer one ends the older. */
export class OpenStreams {
	readonly #open = new Map<DeviceId, AbortController>()

	/** Opens one; the caller calls `close` with the same controller when it is over. */
	open(deviceId: DeviceId): AbortController {
		this.#open.get(deviceId)?.abort()
		const controller = new AbortController()
		this.#open.set(deviceId, controller)
		return controller
	}

	close(deviceId: DeviceId, controller: AbortController): void {
		controller.abort()
		if (this.#open.get(deviceId) === controller) this.#open.delete(deviceId)
	}

	/** Ends every stream. */
	closeAll(): void {
		for (const controller of this.#open.values()) controller.abort()
		this.#open.clear()
	}
}
