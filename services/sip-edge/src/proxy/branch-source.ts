/**
 * Branches for an endpoint. A request that moves to another flow keeps its branch: to the device it is the same request
 * again, and not a second one to be refused by 482 (RFC 3261 8.2.2.2, 17.2.3).
 */
export class BranchSource {
	readonly #randomId: () => string
	#reused: string | undefined

	constructor(randomId: () => string) {
		this.#randomId = randomId
	}

	/** Given to the endpoint, which asks once for each request while it sends it. */
	readonly next = (): string => {
		const branch = this.#reused ?? `z9hG4bK${this.#randomId()}`
		this.#reused = undefined
		return branch
	}

	/** Runs `send`, whose one request takes this branch. */
	reuse<Result>(branch: string, send: () => Result): Result {
		this.#reused = branch
		try {
			return send()
		} finally {
			this.#reused = undefined
		}
	}
}
