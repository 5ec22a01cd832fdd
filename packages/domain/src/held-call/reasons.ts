import { paramText, parseParameterized } from '@vigil/sip'
import type { WithdrawReason } from './types.ts'

/** Q.850 causes that a CANCEL has when another one took or refused the call. */
const NON_SELECTED_USER = 26
const CALL_REJECTED = 21
/** Longest text of Reason values that goes into the record. */
const MOST_WRITTEN = 200

/** Reason values as the timeline shows them. */
export function reasonDetail(reasons: readonly string[] = []): { readonly reasonHeader?: string } {
	return reasons.length === 0 ? {} : { reasonHeader: reasons.join(', ').slice(0, MOST_WRITTEN) }
}

/**
 * What the Reason values of the caller's CANCEL or BYE say of the call (RFC 3326 2): a SIP server that rings several ends says
 * 200 when another one answered. Without a word, or with one that says no more, the caller gave up.
 */
export function reasonOfCancel(values: readonly string[]): WithdrawReason {
	for (const value of values) {
		const meaning = meaningOf(value)
		if (meaning) return meaning
	}
	return 'caller-cancelled'
}

function meaningOf(value: string): WithdrawReason | undefined {
	const reason = parseParameterized(value)
	const cause = Number(reason && paramText(reason.params, 'cause'))
	switch (reason?.value.toLowerCase()) {
		case 'sip':
			if (cause >= 200 && cause < 300) return 'answered-elsewhere'
			if (cause === 600) return 'busy-elsewhere'
			return cause > 600 && cause < 700 ? 'declined-elsewhere' : undefined
		case 'q.850':
			if (cause === NON_SELECTED_USER) return 'answered-elsewhere'
			return cause === CALL_REJECTED ? 'declined-elsewhere' : undefined
		default:
			return undefined
	}
}
