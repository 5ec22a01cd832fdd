import { problemSchema } from '@vigil/contracts'
import { randomUuid } from '../random.ts'
import type { Timers } from '../timers.ts'
import { ApiError, NetworkError, UnexpectedResponseError } from './errors.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Reads an answer's body; a zod schema is one. */
interface Reader<Body> {
	parse(value: unknown): Body
}

export interface ApiClientOptions {
	/** Base URL of the control API; `/v1/...` is appended to its path. */
	readonly apiUrl: string
	readonly bearerToken?: string
	readonly fetch: Fetch
	readonly timers: Timers
	/** How long one try may take, milliseconds. */
	readonly timeoutMs: number
}

export interface ApiRequest<Body> {
	readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
	readonly path: string
	readonly body?: unknown
	/** Absent: the answer has no body. */
	readonly response: Reader<Body>
	/** Time that the service itself may take, on top of the ordinary limit, milliseconds. */
	readonly patienceMs?: number
}

/** One retry: a phone that has just woken often has its first packet fall into a connection that is gone. */
const TRIES = 2

/** Speaks to the control API. A write carries one Idempotency-Key through its tries, so a repeated one is carried out once. */
export class ApiClient {
	readonly #options: ApiClientOptions
	readonly #base: string

	constructor(options: ApiClientOptions) {
		this.#options = options
		this.#base = baseUrl(options.apiUrl)
	}

	/**
	 * @throws ApiError when the service refuses, NetworkError when it is not reached in two tries,
	 * UnexpectedResponseError when the answer is not one of this API.
	 */
	async request<Body>(request: ApiRequest<Body>): Promise<{ status: number; body: Body }> {
		const headers = this.#headers(request)
		let failure: unknown
		for (let tries = 0; tries < TRIES; tries++) {
			try {
				return await this.#try(request, headers)
			} catch (error) {
				if (!(error instanceof NetworkError)) throw error
				failure = error
			}
		}
		throw failure
	}

	async #try<Body>(request: ApiRequest<Body>, headers: Record<string, string>) {
		const { status, text } = await this.#exchange(request, headers)
		const value = parseJson(text)
		if (status >= 400) throw refusal(status, value)
		try {
			return { status, body: request.response.parse(value) }
		} catch (error) {
			throw new UnexpectedResponseError(
				status,
				`the answer to ${request.method} ${request.path} has another form`,
				error,
			)
		}
	}

	async #exchange<Body>(request: ApiRequest<Body>, headers: Record<string, string>) {
		const { timers, timeoutMs } = this.#options
		const abort = new AbortController()
		const timer = timers.setTimer(timeoutMs + (request.patienceMs ?? 0), () => abort.abort())
		try {
			const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
			const init = { method: request.method, headers, signal: abort.signal, ...body }
			const response = await this.#options.fetch(`${this.#base}${request.path}`, init)
			return { status: response.status, text: await response.text() }
		} catch (error) {
			const why = abort.signal.aborted ? 'did not answer in time' : 'was not reached'
			throw new NetworkError(`the service ${why} (${request.method} ${request.path})`, error)
		} finally {
			timers.clearTimer(timer)
		}
	}

	#headers(request: ApiRequest<unknown>): Record<string, string> {
		const { bearerToken } = this.#options
		return {
			accept: 'application/json',
			...(bearerToken !== undefined && { authorization: `Bearer ${bearerToken}` }),
			...(request.body !== undefined && { 'content-type': 'application/json' }),
			...(request.method !== 'GET' && { 'idempotency-key': randomUuid() }),
		}
	}
}

function baseUrl(apiUrl: string): string {
	const url = new URL(apiUrl)
	if (url.protocol !== 'https:' && url.protocol !== 'http:')
		throw new TypeError(`apiUrl must be http or https: ${apiUrl}`)
	return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function refusal(status: number, value: unknown): Error {
	const problem = problemSchema.safeParse(value)
	if (problem.success) return new ApiError(problem.data)
	return new UnexpectedResponseError(status, `the service answered ${status} without a problem document`)
}

function parseJson(text: string): unknown {
	try {
		return text === '' ? undefined : JSON.parse(text)
	} catch {
		return undefined
	}
}
