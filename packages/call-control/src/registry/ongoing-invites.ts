import { callIdOf, parseCSeq, type SipRequest, tagOf } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'

/**
 * INVITEs that have no final answer yet, so that the same one by another way is known (RFC 3261 8.2.2.2). It is the same only
 * for the same recipient: a fork to two accounts is a call to each of them. And only as long as it is under way: who
 * hunts through a list comes back with Call-ID, From tag and CSeq unchanged (16.6), which is a new call.
 */
export class OngoingInvites {
	readonly #byKey = new Map<string, ServerTransaction>()

	get size(): number {
		return this.#byKey.size
	}

	/** `recipient` is the target or device that the INVITE is for, by our own id of it. */
	isMerged(recipient: string, request: SipRequest): boolean {
		const known = this.#byKey.get(keyOf(recipient, request))
		return known !== undefined && known.request !== request && known.final === undefined
	}

	/** Remembers the INVITE until its transaction ends; takes over `onEnd` of the transaction. */
	add(recipient: string, transaction: ServerTransaction): void {
		const key = keyOf(recipient, transaction.request)
		this.#byKey.set(key, transaction)
		transaction.onEnd = () => {
			if (this.#byKey.get(key) === transaction) this.#byKey.delete(key)
		}
	}
}

/** What a caller writes stands apart from what it does not: nothing in it can pass for another account's. */
function keyOf(recipient: string, request: SipRequest): string {
	const fromTag = tagOf(request.headers.get('From') ?? '') ?? ''
	const cseq = parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
	return JSON.stringify([recipient, request.uri, callIdOf(request), fromTag, cseq])
}
