import { buildResponse, headerList, parseUri, type SipRequest, type SipResponse } from '@vigil/sip'

/** What is taken outside of a call, or passes within one; a MESSAGE is neither held nor passed on. */
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY'
/** Options that we speak ourselves or that the bridge lets through (RFC 3262, RFC 4028, RFC 3327, RFC 5626). */
const UNDERSTOOD = ['100rel', 'timer', 'path', 'outbound']

/** RFC 3261 8.2.2.1: 416 for a Request-URI of a scheme that is none of SIP; undefined for all others. */
export function schemeRefusal(request: SipRequest): SipResponse | undefined {
	const scheme = parseUri(request.uri)?.scheme
	return scheme === 'sip' || scheme === 'sips' ? undefined : buildResponse(request, 416)
}

/** What a request gets that is no INVITE and belongs to no call: 200 to OPTIONS, 405 to others (RFC 3261 8.2, 11.2). */
export function ownAnswer(request: SipRequest): SipResponse {
	if (request.method !== 'OPTIONS') return buildResponse(request, 405, undefined, { headers: [['Allow', ALLOW]] })
	const unsupported = headerList(request.headers, 'Require').filter(
		(option) => !UNDERSTOOD.includes(option.toLowerCase()),
	)
	// RFC 3261 8.2.2.3.
	if (unsupported.length > 0) {
		return buildResponse(request, 420, undefined, { headers: [['Unsupported', unsupported.join(', ')]] })
	}
	const headers = [
		['Allow', ALLOW],
		['Accept', 'application/sdp'],
		['Supported', UNDERSTOOD.join(', ')],
	] as const
	return buildResponse(request, 200, undefined, { headers })
}
