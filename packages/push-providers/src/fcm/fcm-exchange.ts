import { AsyncLocalStorage } from 'node:async_hooks'
import type { ClientRequest, IncomingMessage } from 'node:http'

/** At most one repetition, and only when the connection failed before there was an answer. */
const MAX_REQUESTS = 2

/** What is known of an answer before its body is read. */
export interface ResponseHead {
	readonly status: number
	readonly retryAfter: string | undefined
}

/**
 * One push, whatever the SDK makes of it. Left alone, the SDK repeats a push for many seconds after a 503 or a
 * broken connection, long after the call has ended. All its requests pass by here, so that we can tell it when to stop.
 */
export class FcmExchange {
	static readonly #current = new AsyncLocalStorage<FcmExchange>()

	/** The answer's head, as soon as there is one. */
	readonly answered = Promise.withResolvers<ResponseHead>()
	/** Why the last request that was allowed got no answer. */
	readonly broken = Promise.withResolvers<Error>()
	readonly #requests: ClientRequest[] = []
	#isOver = false

	/** The exchange on whose behalf the code that is running sends. */
	static current(): FcmExchange | undefined {
		return FcmExchange.#current.getStore()
	}

	/** Runs `fn`; every request that it sends, now or later, belongs to this exchange. */
	run<T>(fn: () => T): T {
		return FcmExchange.#current.run(this, fn)
	}

	/** Whether the request may be sent; if so, its answer is watched. */
	admit(request: ClientRequest): boolean {
		if (this.#isOver || this.#requests.length >= MAX_REQUESTS) return false
		this.#requests.push(request)
		if (this.#requests.length === MAX_REQUESTS) request.once('error', this.broken.resolve)
		request.once('response', (response: IncomingMessage) => {
			this.#isOver = true
			request.removeListener('error', this.broken.resolve)
			this.answered.resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
		})
		return true
	}

	/** Sends nothing more and cuts what is under way. */
	abandon(): void {
		this.#isOver = true
		for (const request of this.#requests) request.destroy()
	}
}
