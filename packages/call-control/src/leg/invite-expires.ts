import { type HeaderPair, parseDeltaSeconds, type SipRequest } from '@vigil/sip'

/** For how long the caller wants an answer, milliseconds: Expires of its INVITE (RFC 3261 13.2.1). Undefined when it does not say. */
export function expiresWithinMs(invite: SipRequest): number | undefined {
	const seconds = parseDeltaSeconds(invite.headers.get('Expires') ?? '')
	return seconds === undefined ? undefined : seconds * 1000
}

/** The same for a device that is called later: what is left of it until that instant. */
export function remainingExpires(expiresAtMs: number | undefined, nowMs: number): HeaderPair[] {
	return expiresAtMs === undefined ? [] : [['Expires', String(Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1000)))]]
}
