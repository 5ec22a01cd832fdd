import { sourceOf } from '@vigil/runtime'
import { BoundedMap, TokenBucket } from '@vigil/sip'
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

/** Sources remembered; beyond it those are forgotten that have been silent longest, which gives them a full burst again. */
const MAX_SOURCES = 65_536

/** A token bucket for each source, asked before a message is parsed. */
export class MessageRate {
	readonly #options: MessageRateOptions
	readonly #buckets = new BoundedMap<string, TokenBucket>(MAX_SOURCES)

	constructor(options: MessageRateOptions) {
		this.#options = options
	}

	/** Whether a message that came by the flow may be looked at; `now` in milliseconds. */
	allows(flow: CountedFlow, now: number): boolean {
		const { exempt, countsAlone } = this.#options
		if (exempt?.(flow.remote)) return true
		const key = countsAlone?.(flow) ? flow.id : sourceOf(flow.remote.host)
		const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#options)
		this.#buckets.set(key, bucket)
		return bucket.take(now)
	}
}
