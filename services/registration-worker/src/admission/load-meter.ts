import { type Load, type LoadLevel, NO_LOAD, stepLoad } from '@vigil/domain'
import { type Clock, watchLoad } from '@vigil/runtime'

export interface LoadMeterOptions {
	/** Lag over a second at which nothing new is taken on, milliseconds. */
	readonly shedLagMs: number
	/** MiB of resident memory at which nothing new is taken on; undefined for the heap's own bound alone. */
	readonly memoryLimitMb?: number | undefined
}

/** Knows how this process fares. */
export class LoadMeter {
	readonly #stop: () => void
	#load: Load = NO_LOAD

	/** It measures from now on, until it is stopped. */
	constructor(clock: Clock, { shedLagMs, memoryLimitMb }: LoadMeterOptions) {
		const limits = { lagMs: shedLagMs }
		this.#stop = watchLoad(clock, memoryLimitMb, (sample) => {
			this.#load = stepLoad(this.#load, sample, limits)
		})
	}

	get level(): LoadLevel {
		return this.#load.level
	}

	/** Smoothed over about a second. */
	get lagMs(): number {
		return this.#load.lagMs
	}

	stop(): void {
		this.#stop()
	}
}
