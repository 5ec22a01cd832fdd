import type { Clock, TimerHandle } from '@vigil/runtime'
import { buildResponse, headerList, type SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'

/** RFC 3261 13.3.1.1: a provisional response other than 100 every minute. */
const EVERY_MS = 60_000
const QUEUED = 182

export interface WaitingCallerOptions {
	readonly invite: ServerTransaction
	/** Our To tag towards the caller. */
	readonly localTag: string
	/** Our Contact value towards the caller. */
	readonly contact: string
	readonly clock: Clock
}

/**
 * Keeps an INVITE alive that waits for long: a proxy on the way cancels one of which it heard nothing but 100 for three minutes (timer C,
 * RFC 3261 16.6). What the caller heard last is said again; before a phone rings, that the call is queued.
 */
export class WaitingCaller {
	/** The caller's INVITE, for those who answer it: what they say is remembered. */
	readonly invite: ServerTransaction
	readonly #options: WaitingCallerOptions
	readonly #wantsReliable: boolean
	#last: SipResponse | undefined
	#timer: TimerHandle | undefined

	constructor(options: WaitingCallerOptions) {
		const { invite } = options
		this.#options = options
		this.#wantsReliable = headerList(invite.request.headers, 'Require').some((tag) => tag.toLowerCase() === '100rel')
		this.invite = {
			request: invite.request,
			get flow() {
				return invite.flow
			},
			respond: (response) => this.#respond(response),
		}
	}

	start(): void {
		this.stop()
		this.#timer = this.#options.clock.setTimer(EVERY_MS, () => {
			this.#repeat()
			this.start()
		})
	}

	/** The INVITE has its final answer. */
	stop(): void {
		if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer)
		this.#timer = undefined
	}

	#respond(response: SipResponse): void {
		if (response.status >= 200) this.stop()
		else if (response.status > 100) this.#last = response
		this.#options.invite.respond(response)
	}

	/** A reliable response is repeated by whoever sent it, and never without its PRACK (RFC 3262 3). */
	#repeat(): void {
		const { invite, localTag, contact } = this.#options
		if (this.#wantsReliable || this.#last?.headers.has('RSeq')) return
		const queued = () =>
			buildResponse(invite.request, QUEUED, undefined, { toTag: localTag, headers: [['Contact', contact]] })
		invite.respond(this.#last ?? queued())
	}
}
