import { sourceOf } from '@vigil/runtime'

/** Bounds accepted connections, in all and of one source (an IPv4 address or an IPv6 /64). */
export class ConnectionCounts {
	readonly #max: number
	readonly #maxPerSource: number
	readonly #bySource = new Map<string, number>()
	#total = 0

	constructor(max: number, maxPerSource: number) {
		this.#max = max
		this.#maxPerSource = maxPerSource
	}

	get total(): number {
		return this.#total
	}

	/** Takes a place for a connection; undefined when there is none. The function given back frees it, once. */
	take(host: string): (() => void) | undefined {
		const source = sourceOf(host)
		const count = this.#bySource.get(source) ?? 0
		if (this.#total >= this.#max || count >= this.#maxPerSource) return undefined
		this.#total++
		this.#bySource.set(source, count + 1)
		let taken = true
		return () => {
			if (!taken) return
			taken = false
			this.#free(source)
		}
	}

	#free(source: string): void {
		this.#total--
		const left = (this.#bySource.get(source) ?? 1) - 1
		if (left === 0) this.#bySource.delete(source)
		else this.#bySource.set(source, left)
	}
}
