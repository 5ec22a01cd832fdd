import type { SignalPayload } from '@vigil/contracts'
import type { DeviceBinding, DeviceId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { EdgeSignals } from '../ports.ts'

type News =
	| { readonly topic: 'device.attached'; readonly payload: SignalPayload<'device.attached'> }
	| { readonly topic: 'device.detached'; readonly payload: SignalPayload<'device.detached'> }

export interface BindingNewsOptions {
	readonly signals: Pick<EdgeSignals, 'publish'>
	readonly logger: Logger
	readonly onFailure: () => void
}

/** Tells the workers who is attached. News of one device leaves in order; news that gets lost is in the store too. */
export class BindingNews {
	readonly #options: BindingNewsOptions
	readonly #last = new Map<DeviceId, Promise<void>>()

	constructor(options: BindingNewsOptions) {
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

	/** Resolves when all news up to now has left or failed. */
	async settled(): Promise<void> {
		await Promise.all(this.#last.values())
	}

	/** Without news under way the signal leaves at once, in the same turn. */
	#tell(deviceId: DeviceId, news: News): void {
		const before = this.#last.get(deviceId)
		const told = before ? before.then(() => this.#publish(deviceId, news)) : this.#publish(deviceId, news)
		this.#last.set(deviceId, told)
		told.then(() => {
			if (this.#last.get(deviceId) === told) this.#last.delete(deviceId)
		})
	}

	async #publish(deviceId: DeviceId, news: News): Promise<void> {
		const { signals, logger, onFailure } = this.#options
		try {
			if (news.topic === 'device.attached') await signals.publish(news.topic, news.payload)
			else await signals.publish(news.topic, news.payload)
		} catch (error) {
			onFailure()
			logger.warn({ err: error, deviceId, topic: news.topic }, 'a signal could not be sent')
		}
	}
}
