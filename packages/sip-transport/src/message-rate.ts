import { sourceOf } from '@vigil/runtime'
import type { Address, Flow } from './flow.ts'

type CountedFlow = Pick<Flow, 'id' | 'remote'>

/** How many messages one source may send: an IPv4 address, or an IPv6 /64. */
export interface MessageRateOptions {
	/** Over time. */
	readonly perSecond: number
	/** At once. */
	readonly burst: number
	/** Sources that are not counted, such as a trusted SIP server. */
	readonly exempt?: (source: Address) => boolean
	/** Flows that are counted each for itself, such as those of devices that have proved who they are: a bad neighbour costs them nothing. */
	readonly countsAlone?: (flow: CountedFlow) => boolean
}

interface Bucket {
	tokens: number
	at: number
}

/** Sources remembered; beyond it those are forgotten that have been silent longest, which gives them a full burst again. */
const MAX_SOURCES = 65_536

/** A token bucket for each source, asked before a message is parsed. */
export class MessageRate {
	readonly #options: MessageRateOptions
	/** Least recently seen first. */
	readonly #buckets = new Map<string, Bucket>()

	constructor(options: MessageRateOptions) {
		this.#options = options
	}

	/** Whether a message that came by the flow may be looked at; `now` in milliseconds. */
	allows(flow: CountedFlow, now: number): boolean {
		const { perSecond, burst, exempt, countsAlone } = this.#options
		if (exempt?.(flow.remote)) return true
		const key = countsAlone?.(flow) ? flow.id : sourceOf(flow.remote.host)
		const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
		bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000)
		bucket.at = now
		this.#buckets.delete(key)
		this.#buckets.set(key, bucket)
		if (this.#buckets.size > MAX_SOURCES) this.#forgetOldest()
		if (bucket.tokens < 1) return false
		bucket.tokens--
		return true
	}

	#forgetOldest(): void {
		const [oldest] = this.#buckets.keys()
		if (oldest !== undefined) this.#buckets.delete(oldest)
	}
}
