import { callIdOf } from '../address/name-addr.ts'
import type { HeaderPair } from '../message/build.ts'
import { canonicalHeaderName } from '../message/header-names.ts'
import type { SipRequest } from '../message/message.ts'
import { buildCalleeInvite, withTag } from './callee-invite.ts'
import { passingHeaders, withoutOptions } from './passing.ts'
import { callerShown, privacyOf } from './privacy.ts'

export interface DeviceInviteParts {
	readonly callerInvite: SipRequest
	/** The Request-URI of the device leg: the device's contact. */
	readonly requestUri: string
	/** Route values on the way there, for example the edge that the device is attached to. */
	readonly routes: readonly string[]
	/** Our From tag on this leg. */
	readonly localTag: string
	/** Our Contact value on this leg. */
	readonly contact: string
	/** To value in place of the caller's, which may name what the device is not to see. */
	readonly to?: string | undefined
	/** What the push calls this call: the Call-ID, unless that is no text that a push can hold. */
	readonly pushId?: string
	/** Added at the end; they replace what the caller sent under the same names. */
	readonly extraHeaders?: readonly HeaderPair[]
	/**
	 * False takes 100rel (RFC 3262) out of the offer. Wanted when several devices ring at once: the caller sees one dialog,
	 * and two devices numbering their reliable responses in it would contradict each other.
	 */
	readonly reliableProvisionals?: boolean
}

/** The header that tells the app which push this INVITE belongs to; its value is `pushId`. */
const PUSH_ID = 'X-Push-ID'

/**
 * The INVITE of a device leg, without Via. Call-ID and CSeq number stay the caller's, so that push and INVITE can be told to belong
 * together, and PRACK's RAck fits; From has our own tag, and names nobody where the caller asks for that (RFC 3323). Body and
 * unknown header fields pass untouched.
 */
export function createDeviceInvite(parts: DeviceInviteParts): SipRequest {
	const { callerInvite, requestUri, routes, localTag, contact } = parts
	const extra = parts.extraHeaders ?? []
	const replaced = new Set(['x-push-id', ...extra.map(([name]) => canonicalHeaderName(name))])
	const privacy = privacyOf(callerInvite.headers)
	const passing = passingHeaders(callerInvite.headers, { direction: 'to-device', privacy }, replaced)
	const callId = callIdOf(callerInvite)
	return buildCalleeInvite({
		callerInvite,
		requestUri,
		routes,
		from: withTag(callerShown(callerInvite), localTag),
		to: parts.to,
		callId,
		contact,
		headers: [
			...(parts.reliableProvisionals === false ? passing.flatMap(withoutReliability) : passing),
			...extra,
			[PUSH_ID, parts.pushId ?? callId],
		],
	})
}

const RELIABILITY: ReadonlySet<string> = new Set(['100rel'])

function withoutReliability(pair: HeaderPair): HeaderPair[] {
	const [name, value] = pair
	const canonical = canonicalHeaderName(name)
	if (canonical !== 'supported' && canonical !== 'require') return [pair]
	const kept = withoutOptions(value, RELIABILITY)
	return kept === undefined ? [] : [[name, kept]]
}
