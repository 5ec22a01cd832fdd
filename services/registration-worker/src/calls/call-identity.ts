import { type Account, addressOfRecord, type CallId, type CallParty } from '@vigil/domain'
import { callerShown, callIdOf, parseNameAddr, type SipRequest } from '@vigil/sip'

/** Who calls whom, as an INVITE says it; read once when the call begins. */
export interface CallIdentity {
	readonly callId: CallId
	readonly sipCallId: string
	readonly from: CallParty
	readonly to: string
}

/** Who calls whom when a device calls by the account. */
export function outgoingIdentity(
	callId: CallId,
	sipCallId: string,
	account: Account,
	invite: SipRequest,
): CallIdentity {
	const { displayName } = account
	const uri = addressOfRecord(account)
	const from = { uri, ...(displayName ? { displayName } : {}) }
	return { callId, sipCallId, from, to: parseNameAddr(invite.headers.get('To') ?? '')?.uri ?? invite.uri }
}

export function callIdentity(callId: CallId, account: Account, invite: SipRequest): CallIdentity {
	const from = parseNameAddr(callerShown(invite))
	const to = parseNameAddr(invite.headers.get('To') ?? '')
	const displayName = from?.displayName
	return {
		callId,
		sipCallId: callIdOf(invite) ?? '',
		from: { uri: from?.uri ?? 'sip:anonymous@anonymous.invalid', ...(displayName ? { displayName } : {}) },
		to: to?.uri ?? `sip:${account.username}@${account.domain}`,
	}
}
