/** What a push server was told to answer: to one token until further notice, or to the next requests of any token. */
export class PlannedAnswers<Answer> {
	readonly #byToken = new Map<string, Answer>()
	readonly #next: Answer[] = []

	forToken(token: string, answer: Answer): void {
		this.#byToken.set(token, answer)
	}

	forNext(answer: Answer, count = 1): void {
		for (let i = 0; i < count; i++) this.#next.push(answer)
	}

	/** The answer for this request; one meant for the next request is used up by it. */
	take(token: string): Answer | undefined {
		return this.#next.shift() ?? this.#byToken.get(token)
	}

	clear(): void {
		this.#byToken.clear()
		this.#next.length = 0
	}
}
