import {
	buildResponse,
	type HeaderPair,
	headerList,
	nextMaxForwards,
	parseUri,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'

/** What begins a call or passes within one. */
const ALLOW: HeaderPair = ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY']
/** Events that pass within a call (RFC 3515); RFC 6665 7.2.1 wants them named. */
const ALLOW_EVENTS: HeaderPair = ['Allow-Events', 'refer']
/** Options that we speak ourselves or that the bridge lets through (RFC 3262, RFC 4028, RFC 3327, RFC 5626). */
const UNDERSTOOD = ['100rel', 'timer', 'path', 'outbound']

/** What a request gets that needs a call and belongs to none; all that is not named here, INVITE and OPTIONS gets 405. */
const WITHOUT_A_CALL: Readonly<Record<string, { readonly status: number; readonly header?: HeaderPair }>> = {
	// RFC 3261 15.1.2, RFC 3262 3, RFC 3311 5.2, RFC 6086 4.2.2: there is no such dialog.
	BYE: { status: 481 },
	PRACK: { status: 481 },
	UPDATE: { status: 481 },
	INFO: { status: 481 },
	// RFC 3515 2.4.2: it could have begun a call, which no server may have us do.
	REFER: { status: 403 },
	// RFC 6665 4.2.1.3, 4.1.3: message-summary and whatever else a server tells unasked, and what it would be told.
	NOTIFY: { status: 489, header: ALLOW_EVENTS },
	SUBSCRIBE: { status: 489, header: ALLOW_EVENTS },
}

/** RFC 3261 8.2.2.1: 416 for a Request-URI of a scheme that is none of SIP; undefined for all others. */
export function schemeRefusal(request: SipRequest): SipResponse | undefined {
	const scheme = parseUri(request.uri)?.scheme
	return scheme === 'sip' || scheme === 'sips' ? undefined : buildResponse(request, 416)
}

/** The refusal of a request outside of calls that is neither INVITE nor OPTIONS (RFC 3261 8.2.1); undefined for those two. */
export function methodRefusal(request: SipRequest): SipResponse | undefined {
	const { method } = request
	if (method === 'INVITE' || method === 'OPTIONS') return undefined
	const { status, header } = WITHOUT_A_CALL[method] ?? { status: 405, header: ALLOW }
	return buildResponse(request, status, undefined, header && { headers: [header] })
}

/** RFC 3261 16.3: 483 for an INVITE that may go no further, so that no phone is woken for it; undefined where it may. */
export function hopsRefusal(request: SipRequest): SipResponse | undefined {
	return request.method === 'INVITE' && nextMaxForwards(request) === undefined ? buildResponse(request, 483) : undefined
}

/**
 * What an OPTIONS gets where an INVITE would be taken (RFC 3261 11.2): it goes no further, whatever its Max-Forwards. One that requires
 * what we do not know gets 420 (8.2.2.3).
 */
export function optionsAnswer(request: SipRequest): SipResponse {
	const required = headerList(request.headers, 'Require')
	const unsupported = required.filter((option) => !UNDERSTOOD.includes(option.toLowerCase()))
	if (unsupported.length > 0) {
		return buildResponse(request, 420, undefined, { headers: [['Unsupported', unsupported.join(', ')]] })
	}
	const headers: HeaderPair[] = [
		ALLOW,
		['Accept', 'application/sdp'],
		['Accept-Encoding', 'identity'],
		['Supported', UNDERSTOOD.join(', ')],
		ALLOW_EVENTS,
	]
	return buildResponse(request, 200, undefined, { headers })
}
