import {
	ALLOW_EVENTS,
	buildResponse,
	type HeaderPair,
	nextMaxForwards,
	parseUri,
	responseOutsideOfDialogs,
	type SipRequest,
	type SipResponse,
	unsupportedOptions,
} from '@vigil/sip'

/** What begins a call or passes within one. */
const ALLOWED = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY'
/** Options that we speak ourselves or that the bridge lets through (RFC 3262, RFC 4028, RFC 3327, RFC 5626). */
const UNDERSTOOD: ReadonlySet<string> = new Set(['100rel', 'timer', 'path', 'outbound'])

/** RFC 3261 8.2.2.1: 416 for a Request-URI of a scheme that is none of SIP; undefined for all others. */
export function schemeRefusal(request: SipRequest): SipResponse | undefined {
	const scheme = parseUri(request.uri)?.scheme
	return scheme === 'sip' || scheme === 'sips' ? undefined : buildResponse(request, 416)
}

/** The refusal of a request outside of calls that is neither INVITE nor OPTIONS (RFC 3261 8.2.1); undefined for those two. */
export function methodRefusal(request: SipRequest): SipResponse | undefined {
	const { method } = request
	if (method === 'INVITE' || method === 'OPTIONS') return undefined
	const { status, headers } = responseOutsideOfDialogs(method, ALLOWED)
	return buildResponse(request, status, undefined, { headers })
}

/** RFC 3261 16.3: 483 for an INVITE that may go no further, so that no phone is woken for it; undefined where it may. */
export function hopsRefusal(request: SipRequest): SipResponse | undefined {
	return request.method === 'INVITE' && nextMaxForwards(request) === undefined ? buildResponse(request, 483) : undefined
}

/**
 * What an OPTIONS gets where an INVITE would be taken (RFC 3261 11.2): it goes no further, whatever its Max-Forwards. One that requires
 * what we do not know gets 420 (8.2.2.3).
 */
export function optionsResponse(request: SipRequest): SipResponse {
	const unsupported = unsupportedOptions(request.headers, 'Require', UNDERSTOOD)
	if (unsupported) return buildResponse(request, 420, undefined, { headers: [unsupported] })
	const headers: HeaderPair[] = [
		['Allow', ALLOWED],
		['Accept', 'application/sdp'],
		['Accept-Encoding', 'identity'],
		['Supported', [...UNDERSTOOD].join(', ')],
		ALLOW_EVENTS,
	]
	return buildResponse(request, 200, undefined, { headers })
}
