/** What a push server was told to answer: to one token until further notice, or to the next requests of any token. */
export class PlannedResponses<Response> {
	readonly #byToken = new Map<string, Response>()
	readonly #next: Response[] = []

	forToken(token: string, response: Response): void {
		this.#byToken.set(token, response)
	}

	forNext(response: Response, count = 1): void {
		for (let i = 0; i < count; i++) this.#next.push(response)
	}

	/** The answer for this request; one meant for the next request is used up by it. */
	take(token: string): Response | undefined {
		return this.#next.shift() ?? this.#byToken.get(token)
	}

	clear(): void {
		this.#byToken.clear()
		this.#next.length = 0
	}
}
