import type { Clock } from '@vigil/runtime'
import { type Dialog, dialogId, parseParameterized, receivedDialogId, type SipRequest } from '@vigil/sip'

/** A transfer that takes longer than this has failed unseen; RFC 3515 2.4.4 leaves the time to whoever refers. */
const KEPT_MS = 180_000
const MOST_KEPT = 10_000

/**
 * Dialogs of calls that are over in which the outcome of a transfer is still to be told. A REFER makes a subscription of its own in
 * the dialog (RFC 3515 2.4.6), which outlives the BYE of who referred (RFC 5057 5.2). The phone has hung up and takes nothing more, so
 * the NOTIFY is taken for it: a 481 would make some servers call the transfer failed, and bring the call back.
 */
export class ReferSubscriptions {
	readonly #clock: Clock
	/** When each is forgotten; all are kept for the same time, so the oldest comes first. */
	readonly #untilMs = new Map<string, number>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	get size(): number {
		return this.#untilMs.size
	}

	/** The dialog that NOTIFYs will come in. */
	keep(dialog: Dialog): void {
		const id = dialogId(dialog)
		this.#untilMs.delete(id)
		this.#untilMs.set(id, this.#clock.now() + KEPT_MS)
		for (const [oldest, untilMs] of this.#untilMs) {
			if (this.#untilMs.size <= MOST_KEPT && untilMs > this.#clock.now()) break
			this.#untilMs.delete(oldest)
		}
	}

	/** Whether the request tells the outcome of a transfer in such a dialog; the last one that does ends the subscription. */
	take(request: SipRequest): boolean {
		const id = receivedDialogId(request)
		const untilMs = this.#untilMs.get(id)
		if (untilMs === undefined || untilMs <= this.#clock.now() || !isReferNotice(request)) return false
		if (endsSubscription(request)) this.#untilMs.delete(id)
		return true
	}
}

/** Whether the NOTIFY is the last of its subscription (RFC 6665 4.1.3). */
export function endsSubscription({ headers }: SipRequest): boolean {
	return parseParameterized(headers.get('Subscription-State') ?? '')?.value.toLowerCase() === 'terminated'
}

function isReferNotice({ method, headers }: SipRequest): boolean {
	return method === 'NOTIFY' && parseParameterized(headers.get('Event') ?? '')?.value.toLowerCase() === 'refer'
}
