import type { HandoffRequest } from '@vigil/contracts'
import type { ApiClient } from '../api/api-client.ts'
import { type Handoff, presentHandoff, stateActivity } from '../api/device-api.ts'
import { pause, type Timers } from '../timers.ts'
import { Sequence } from './sequence.ts'

const FIRST_PAUSE_MS = 250
const LAST_PAUSE_MS = 4000

/** States what the app does, numbered, so that the last stated intent wins however the network delays one. */
export class HandoffClient {
	readonly #api: ApiClient
	readonly #timers: Timers
	readonly #sequence: Sequence
	#statements = 0

	constructor(api: ApiClient, timers: Timers) {
		this.#api = api
		this.#timers = timers
		this.#sequence = new Sequence(() => timers.now())
	}

	/** How many statements were made; tells whether one has been overtaken. */
	get statements(): number {
		return this.#statements
	}

	/** @throws ApiError, NetworkError, UnexpectedResponseError */
	async state(request: HandoffRequest): Promise<Handoff> {
		const mine = ++this.#statements
		const response = await this.#send(request)
		const isOvertaken = mine !== this.#statements || request.sequence !== undefined
		if (!response.superseded || isOvertaken || response.sequence === undefined) return response
		// Nothing here was stated since: the higher number is from an earlier life of this install.
		this.#sequence.adopt(response.sequence)
		return this.#send(request)
	}

	/** States again what still holds, which only prolongs the lease. @throws ApiError, NetworkError, UnexpectedResponseError */
	renew(request: HandoffRequest): Promise<Handoff> {
		return this.#send(request)
	}

	/** How the last handoff stands. @throws ApiError, NetworkError, UnexpectedResponseError */
	present(): Promise<Handoff> {
		return presentHandoff(this.#api)
	}

	/** Asks until the last handoff has settled, something else is stated, or the time is over; gives the last answer. */
	async settled(timeoutMs: number): Promise<Handoff> {
		const mine = this.#statements
		const untilMs = this.#timers.now() + timeoutMs
		for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2)) {
			const response = await this.present()
			if (response.settled || mine !== this.#statements || this.#timers.now() + pauseMs > untilMs) return response
			await pause(this.#timers, pauseMs)
		}
	}

	#send(request: HandoffRequest): Promise<Handoff> {
		return stateActivity(this.#api, { sequence: this.#sequence.next(), ...request })
	}
}
