import type { Handoff } from '../api/device-api.ts'
import { ApiError } from '../api/errors.ts'
import type { Timers } from '../timers.ts'

export interface LeaseKeeperOptions {
	readonly timers: Timers
	/** The renewal did not get through; another try follows unless the service refuses the device. */
	readonly onFault: (error: unknown) => void
}

/** Renews a foreground lease at half of its time, by the length asked for: the clocks of app and service need not agree. */
export class LeaseKeeper {
	readonly #options: LeaseKeeperOptions
	#timer: object | undefined
	/** Changes with each lease, so that a renewal under way knows that it is over. */
	#current = 0

	constructor(options: LeaseKeeperOptions) {
		this.#options = options
	}

	/** Calls `renew` again and again, in place of what was kept before. */
	keep(leaseSeconds: number, renew: () => Promise<Handoff>): void {
		this.stop()
		this.#schedule((leaseSeconds * 1000) / 2, this.#current, renew)
	}

	stop(): void {
		this.#current++
		if (this.#timer !== undefined) this.#options.timers.clearTimer(this.#timer)
		this.#timer = undefined
	}

	#schedule(delayMs: number, lease: number, renew: () => Promise<Handoff>): void {
		this.#timer = this.#options.timers.setTimer(delayMs, () => {
			void this.#renew(lease, renew).then((goesOn) => {
				if (goesOn && lease === this.#current) this.#schedule(delayMs, lease, renew)
			})
		})
	}

	async #renew(lease: number, renew: () => Promise<Handoff>): Promise<boolean> {
		try {
			const { superseded } = await renew()
			return superseded !== true
		} catch (error) {
			if (lease === this.#current) this.#options.onFault(error)
			return !(error instanceof ApiError && error.status < 500)
		}
	}
}
