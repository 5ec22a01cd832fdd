import { type Account, addressOfRecord, type CallId, type CallParty, isContactUser } from '@vigil/domain'
import { callerShown, callIdOf, formatNameAddr, parseNameAddr, parseUri, type SipRequest } from '@vigil/sip'

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
	const to = parseNameAddr(calledAs(account, invite))
	const displayName = from?.displayName
	return {
		callId,
		sipCallId: callIdOf(invite) ?? '',
		from: { uri: from?.uri ?? 'sip:anonymous@anonymous.invalid', ...(displayName ? { displayName } : {}) },
		to: to?.uri ?? addressOfRecord(account),
	}
}

/**
 * The To value of an INVITE as the account's devices see it. A server that writes our Contact into To (Asterisk) says nothing of who was
 * called: then it is the account's address. The token is between us and the server.
 */
export function calledAs(account: Account, invite: SipRequest): string {
	const value = invite.headers.get('To') ?? ''
	const to = parseNameAddr(value)
	const uri = parseUri(to?.uri ?? '')
	const isOurs = (uri?.scheme === 'sip' || uri?.scheme === 'sips') && isContactUser(uri.user ?? '', account)
	return to && isOurs ? formatNameAddr({ ...to, uri: addressOfRecord(account) }) : value
}
