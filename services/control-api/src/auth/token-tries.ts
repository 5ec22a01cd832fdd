import { BoundedMap, TokenBucket } from '@vigil/domain'
import { sourceOf } from '@vigil/runtime'

/** Addresses remembered; the one that was heard of longest ago goes, and begins anew. */
const MOST_SOURCES = 50_000
/** Tokens of one address that wait to be looked up. */
const MOST_WAITING = 100
/** How soon who found that line full may come again, milliseconds. */
const FULL_LINE_WAIT_MS = 1000

export interface TokenTry {
	/** Where the client is, as `FastifyRequest.ip` tells it. */
	readonly address: string
	/** The token was right a short while ago. */
	readonly isKnown: boolean
	readonly nowMs: number
}

/** Whom a token speaks for; or how long its client has to wait before it tries another, 0 for not at all. */
export type TokenVerdict<Found> = { readonly found: Found } | { readonly found?: undefined; readonly waitMs: number }

interface Line {
	waiting: number
	last: Promise<unknown>
}

/**
 * Bounds wrong bearer tokens by client address. A right one passes however many wrong ones came from there: tokens cannot be guessed, and
 * many clients share one address. What wrong ones may cost is bounded: of an address that is beyond its budget one token is looked up
 * after the other. Reads no clock.
 */
export class TokenTries {
	readonly #perMinute: number
	readonly #wrong = new BoundedMap<string, TokenBucket>(MOST_SOURCES)
	readonly #lines = new Map<string, Line>()

	/** @param perMinute Wrong tokens of one address, over time and at once. */
	constructor(perMinute: number) {
		this.#perMinute = perMinute
	}

	/** Has the token looked up by `look`, which gives undefined for a wrong one. Throws what `look` throws, which is no wrong token. */
	async look<Found>(tried: TokenTry, look: () => Promise<Found | undefined>): Promise<TokenVerdict<Found>> {
		const source = sourceOf(tried.address)
		const isSuspect = !tried.isKnown && (this.#wrong.get(source)?.has(tried.nowMs) ?? true) === false
		const found = isSuspect ? await this.#inLine(source, look) : await look()
		if (found === 'no room') return { waitMs: FULL_LINE_WAIT_MS }
		return found === undefined ? { waitMs: this.#count(source, tried.nowMs) } : { found }
	}

	#count(source: string, nowMs: number): number {
		const bucket =
			this.#wrong.get(source) ?? new TokenBucket({ perSecond: this.#perMinute / 60, burst: this.#perMinute })
		this.#wrong.set(source, bucket)
		return bucket.take(nowMs) ? 0 : bucket.waitMs(nowMs)
	}

	async #inLine<Found>(source: string, look: () => Promise<Found>): Promise<Found | 'no room'> {
		const line = this.#lines.get(source) ?? { waiting: 0, last: Promise.resolve() }
		if (line.waiting >= MOST_WAITING) return 'no room'
		this.#lines.set(source, line)
		line.waiting++
		const turn = line.last.then(look)
		line.last = turn.catch(() => {})
		try {
			return await turn
		} finally {
			line.waiting--
			if (line.waiting === 0) this.#lines.delete(source)
		}
	}
}
