import type { WithdrawReason } from '@vigil/domain'

/** Reason header values (RFC 3326) by which a phone says why it stopped ringing. */
const REASONS: Readonly<Record<WithdrawReason, string>> = {
	'answered-elsewhere': 'SIP;cause=200;text="Call completed elsewhere"',
	'declined-elsewhere': 'SIP;cause=603;text="Declined elsewhere"',
	'caller-cancelled': 'SIP;cause=487;text="Caller gave up"',
	'no-answer': 'SIP;cause=480;text="No answer in time"',
}

export function reasonHeaders(reason: WithdrawReason): [string, string][] {
	return [['Reason', REASONS[reason]]]
}
