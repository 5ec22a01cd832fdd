import type { Account, CallId, CallParty } from '@vigil/domain'
import { callIdOf, parseNameAddr, type SipRequest } from '@vigil/sip'

/** Who calls whom, as an INVITE says it; read once when the call begins. */
export interface CallIdentity {
	readonly callId: CallId
	readonly sipCallId: string
	readonly from: CallParty
	readonly to: string
}

export function callIdentity(callId: CallId, account: Account, invite: SipRequest): CallIdentity {
	const from = parseNameAddr(invite.headers.get('From') ?? '')
	const to = parseNameAddr(invite.headers.get('To') ?? '')
	const displayName = from?.displayName
	return {
		callId,
		sipCallId: callIdOf(invite) ?? '',
		from: { uri: from?.uri ?? 'sip:anonymous@anonymous.invalid', ...(displayName ? { displayName } : {}) },
		to: to?.uri ?? `sip:${account.username}@${account.domain}`,
	}
}
