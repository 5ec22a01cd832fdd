import type { HeldEnding, WithdrawReason } from '@vigil/domain'
import { headerList, type SipMessage, withoutControlBytes } from '@vigil/sip'

/** Reason header values (RFC 3326) by which a phone says why it stopped ringing. */
const REASONS: Readonly<Record<WithdrawReason, string>> = {
	'answered-elsewhere': 'SIP;cause=200;text="Call completed elsewhere"',
	'declined-elsewhere': 'SIP;cause=603;text="Declined elsewhere"',
	'busy-elsewhere': 'SIP;cause=600;text="Busy everywhere"',
	'caller-cancelled': 'SIP;cause=487;text="Caller gave up"',
	'no-answer': 'SIP;cause=480;text="No answer in time"',
}

/** The words of whoever ended the call; ours before them unless they speak of SIP, which is all that most phones read. */
export function reasonHeaders({ reason, passed }: HeldEnding): [string, string][] {
	const values = passed.some((value) => /^SIP[ \t]*;/i.test(value)) ? passed : [REASONS[reason], ...passed]
	return values.map((value) => ['Reason', value])
}

/** Reason values of a message, in order. */
export function reasonsOf(message: SipMessage): string[] {
	return headerList(message.headers, 'Reason').map(withoutControlBytes)
}
