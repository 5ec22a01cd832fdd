import type { UpstreamPace } from './upstream-pace.ts'

/**
 * Upstream servers that have something to do, in turns: a ring that runs through the upstreams themselves. An array that is
 * shifted and pushed would take fresh memory for every account.
 */
export class TurnRing {
	/** Its follower is the one whose turn it is. */
	#last: UpstreamPace | undefined
	#size = 0

	get size(): number {
		return this.#size
	}

	/** The one whose turn it is. */
	get current(): UpstreamPace | undefined {
		return this.#last?.follower
	}

	/** The one whose turn it is and all others, in order. */
	all(): UpstreamPace[] {
		const upstreams: UpstreamPace[] = []
		for (let one = this.current; one; one = one === this.#last ? undefined : one.follower) upstreams.push(one)
		return upstreams
	}

	/** Puts it behind all others; one that is here keeps its place. */
	add(upstream: UpstreamPace): void {
		if (upstream.follower) return
		upstream.follower = this.#last?.follower ?? upstream
		if (this.#last) this.#last.follower = upstream
		this.#last = upstream
		this.#size++
	}

	/** The turn of the next one; the present one is the last then. */
	turn(): void {
		this.#last = this.#last?.follower
	}

	/** Takes out the one whose turn it is. */
	removeCurrent(): void {
		const { current } = this
		if (!current || !this.#last) return
		if (current === this.#last) this.#last = undefined
		else this.#last.follower = current.follower
		current.follower = undefined
		this.#size--
	}
}
