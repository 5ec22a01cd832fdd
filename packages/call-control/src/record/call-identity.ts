import type { CallId, CallParty } from '@vigil/domain'
import { callerShown, callIdOf, formatNameAddr, parseNameAddr, parseUri, type SipRequest } from '@vigil/sip'
import type { CallTarget } from '../ports/call-target.ts'

type Named = Pick<CallTarget, 'addressOfRecord' | 'displayName'>
type Called = Pick<CallTarget, 'addressOfRecord' | 'isContactUser'>

/** Who calls whom, as an INVITE says it; read once when the call begins. */
export interface CallIdentity {
	readonly callId: CallId
	readonly sipCallId: string
	readonly from: CallParty
	readonly to: string
}

/** Who calls whom when a device calls by the line. */
export function outgoingIdentity(
	callId: CallId,
	sipCallId: string,
	{ addressOfRecord: uri, displayName }: Named,
	invite: SipRequest,
): CallIdentity {
	const from = { uri, ...(displayName ? { displayName } : {}) }
	return { callId, sipCallId, from, to: parseNameAddr(invite.headers.get('To') ?? '')?.uri ?? invite.uri }
}

export function callIdentity(callId: CallId, target: Called, invite: SipRequest): CallIdentity {
	const from = parseNameAddr(callerShown(invite))
	const to = parseNameAddr(calledAs(target, invite))
	const displayName = from?.displayName
	return {
		callId,
		sipCallId: callIdOf(invite) ?? '',
		from: { uri: from?.uri ?? 'sip:anonymous@anonymous.invalid', ...(displayName ? { displayName } : {}) },
		to: to?.uri ?? target.addressOfRecord,
	}
}

/**
 * The To value of an INVITE as the target's devices see it. A server that writes our Contact into To (Asterisk) says nothing of who was
 * called: then it is the target's address. The token is between us and the server.
 */
export function calledAs(target: Called, invite: SipRequest): string {
	const value = invite.headers.get('To') ?? ''
	const to = parseNameAddr(value)
	const uri = parseUri(to?.uri ?? '')
	const isOurs = (uri?.scheme === 'sip' || uri?.scheme === 'sips') && target.isContactUser(uri.user ?? '')
	return to && isOurs ? formatNameAddr({ ...to, uri: target.addressOfRecord }) : value
}
