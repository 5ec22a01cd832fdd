import type { SignalPayload } from '@vigil/contracts'
import type { DeviceBinding, DeviceId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { EdgeSignals } from '../ports.ts'

type BindingEvent =
	| { readonly topic: 'device.attached'; readonly payload: SignalPayload<'device.attached'> }
	| { readonly topic: 'device.detached'; readonly payload: SignalPayload<'device.detached'> }

export interface BindingPublisherOptions {
	readonly signals: Pick<EdgeSignals, 'publish'>
	readonly logger: Logger
	readonly onFailure: () => void
}

/** Tells the workers who is attached. Events of one device are published in order; one that gets lost is in the store too. */
export class BindingPublisher {
	readonly #options: BindingPublisherOptions
	readonly #last = new Map<DeviceId, Promise<void>>()

	constructor(options: BindingPublisherOptions) {
		this.#options = options
	}

	attached(binding: DeviceBinding, nowMs: number): void {
		const { deviceId, bindingId, route, contact } = binding
		this.#tell(deviceId, {
			topic: 'device.attached',
			payload: { deviceId, bindingId, route, contact, atMs: nowMs },
		})
	}

	detached(deviceId: DeviceId, bindingId: string): void {
		this.#tell(deviceId, { topic: 'device.detached', payload: { deviceId, bindingId } })
	}

	/** Resolves when all events up to now are published or have failed. */
	async settled(): Promise<void> {
		await Promise.all(this.#last.values())
	}

	/** With no earlier event being published, the signal is sent at once, in the same turn. */
	#tell(deviceId: DeviceId, event: BindingEvent): void {
		const before = this.#last.get(deviceId)
		const told = before ? before.then(() => this.#publish(deviceId, event)) : this.#publish(deviceId, event)
		this.#last.set(deviceId, told)
		told.then(() => {
			if (this.#last.get(deviceId) === told) this.#last.delete(deviceId)
		})
	}

	async #publish(deviceId: DeviceId, event: BindingEvent): Promise<void> {
		const { signals, logger, onFailure } = this.#options
		try {
			if (event.topic === 'device.attached') await signals.publish(event.topic, event.payload)
			else await signals.publish(event.topic, event.payload)
		} catch (error) {
			onFailure()
			logger.warn({ err: error, deviceId, topic: event.topic }, 'a signal could not be sent')
		}
	}
}
