import { formatNameAddr, parseNameAddr } from '../address/name-addr.ts'
import { parseUri } from '../address/uri.ts'
import type { HeaderPair } from '../message/build.ts'
import { withoutControlBytes } from '../message/control-bytes.ts'
import type { SipRequest } from '../message/message.ts'
import { buildCalleeInvite, withTag } from './callee-invite.ts'
import { passingHeaders } from './passing.ts'
import { ANONYMOUS } from './privacy.ts'

export interface UpstreamInviteParts {
	/** The device's INVITE; its Request-URI and To are what was dialled. */
	readonly callerInvite: SipRequest
	/** The route set of requests of the account: outbound proxy, Service-Route (RFC 3608). */
	readonly routes: readonly string[]
	/** URI that the account is known by, and the name that goes with it unless the device gives another. */
	readonly addressOfRecord: string
	readonly displayName?: string
	/** Our From tag on this leg. */
	readonly localTag: string
	readonly callId: string
	/** Our Contact value on this leg. */
	readonly contact: string
}

const FROM_DEVICE = { direction: 'from-device', privacy: undefined } as const

/**
 * The INVITE with which an account calls on behalf of its device, without Via. To the server it comes from the account, and
 * nothing in it is of the device but what passes any proxy. A device that wants to be anonymous stays so (RFC 3323 4.1); the
 * server then learns from P-Preferred-Identity who it is.
 */
export function createUpstreamInvite(parts: UpstreamInviteParts): SipRequest {
	const { callerInvite, routes, localTag, callId, contact, addressOfRecord } = parts
	const anonymous = isAnonymous(callerInvite.headers.get('From') ?? '')
	const identity: HeaderPair[] = anonymous ? [['P-Preferred-Identity', `<${addressOfRecord}>`]] : []
	return buildCalleeInvite({
		callerInvite,
		requestUri: callerInvite.uri,
		routes,
		from: anonymous ? withTag(ANONYMOUS, localTag) : accountFrom(parts),
		callId,
		contact,
		headers: [...passingHeaders(callerInvite.headers, FROM_DEVICE), ...identity],
	})
}

/** Whether a From value hides its caller (RFC 3261 8.1.1.3, RFC 3323 4.1.1.3). */
export function isAnonymous(from: string): boolean {
	const uri = parseUri(parseNameAddr(from)?.uri ?? '')
	return uri?.scheme === 'sip' && uri.host.toLowerCase() === 'anonymous.invalid'
}

function accountFrom({ callerInvite, addressOfRecord: uri, displayName, localTag }: UpstreamInviteParts): string {
	const name = parseNameAddr(callerInvite.headers.get('From') ?? '')?.displayName ?? displayName
	const from = formatNameAddr({ ...(name ? { displayName: name } : {}), uri, params: new Map([['tag', localTag]]) })
	return withoutControlBytes(from)
}
