import type { Clock, RandomText, TimerHandle } from '@vigil/runtime'
import {
	buildResponse,
	DEFAULT_TIMERS,
	type HeaderPair,
	headerList,
	parseCSeq,
	type SipResponse,
	transactionTimeout,
} from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'

export interface RingBackOptions {
	readonly invite: ServerTransaction
	/** Our To tag towards the caller. */
	readonly localTag: string
	/** Our Contact value towards the caller. */
	readonly contact: string
	readonly clock: Clock
	readonly random: RandomText
}

/**
 * The 180 that the caller gets before any device rings. It is sent once, unless the caller demands reliable provisional
 * responses: then it is repeated until its PRACK comes (RFC 3262 3).
 */
export class RingBack {
	readonly #options: RingBackOptions
	readonly #rseq: number | undefined
	#timer: TimerHandle | undefined

	constructor(options: RingBackOptions) {
		this.#options = options
		const demanded = headerList(options.invite.request.headers, 'Require').some(isReliability)
		this.#rseq = demanded ? firstRSeq(options.random) : undefined
	}

	/** The number it carries, from which those of the devices are counted on; undefined when it is not reliable. */
	get rseq(): number | undefined {
		return this.#rseq
	}

	send(): void {
		const response = this.#response()
		this.#options.invite.respond(response)
		if (this.#rseq !== undefined) this.#repeat(response, DEFAULT_TIMERS.t1, 0)
	}

	/** Takes the PRACK that belongs to it, and answers. False for any other request. */
	acknowledged(transaction: ServerTransaction): boolean {
		const { method, headers } = transaction.request
		if (this.#rseq === undefined || method !== 'PRACK' || headers.get('RAck')?.trim() !== this.#expectedRAck())
			return false
		this.stop()
		transaction.respond(buildResponse(transaction.request, 200))
		return true
	}

	/** Repeats it no more: the call has gone further. */
	stop(): void {
		if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer)
		this.#timer = undefined
	}

	#response(): SipResponse {
		const { invite, localTag, contact } = this.#options
		const reliable: HeaderPair[] =
			this.#rseq === undefined
				? []
				: [
						['Require', '100rel'],
						['RSeq', String(this.#rseq)],
					]
		return buildResponse(invite.request, 180, undefined, {
			toTag: localTag,
			headers: [['Contact', contact], ...reliable],
		})
	}

	#expectedRAck(): string {
		const cseq = parseCSeq(this.#options.invite.request.headers.get('CSeq') ?? '')
		return `${this.#rseq} ${cseq?.number} INVITE`
	}

	#repeat(response: SipResponse, intervalMs: number, elapsedMs: number): void {
		if (elapsedMs + intervalMs >= transactionTimeout(DEFAULT_TIMERS)) return
		this.#timer = this.#options.clock.setTimer(intervalMs, () => {
			this.#options.invite.respond(response)
			this.#repeat(response, 2 * intervalMs, elapsedMs + intervalMs)
		})
	}
}

function isReliability(option: string): boolean {
	return option.toLowerCase() === '100rel'
}

/** RFC 3262 3: chosen at random from 1 to 2^31 - 1; half of that leaves the devices' numbers room to follow. */
function firstRSeq(random: RandomText): number {
	return 1 + (Buffer.from(random.token(4), 'base64url').readUInt32BE(0) >>> 2)
}
