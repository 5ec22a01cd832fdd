import type { HeaderPair } from '../message/build.ts'

/** What a request gets that belongs to no dialog and begins none here. */
export interface OutsideResponse {
	readonly status: number
	readonly headers: readonly HeaderPair[]
}

/** Events that pass within a call (RFC 3515); RFC 6665 7.2.1 wants them named. */
export const ALLOW_EVENTS: HeaderPair = ['Allow-Events', 'refer']

/** A map, as the method is any token that a stranger likes. */
const RESPONSES: ReadonlyMap<string, OutsideResponse> = new Map([
	// RFC 3261 15.1.2, RFC 3262 3, RFC 3311 5.2, RFC 6086 4.2.2: there is no such dialog.
	['BYE', { status: 481, headers: [] }],
	['PRACK', { status: 481, headers: [] }],
	['UPDATE', { status: 481, headers: [] }],
	['INFO', { status: 481, headers: [] }],
	// RFC 3515 2.4.2: it could have begun a call, which nobody may have us do.
	['REFER', { status: 403, headers: [] }],
	// RFC 6665 4.2.1.3, 4.1.3: message-summary and whatever else is told unsolicited, and what one would be told.
	['NOTIFY', { status: 489, headers: [ALLOW_EVENTS] }],
	['SUBSCRIBE', { status: 489, headers: [ALLOW_EVENTS] }],
])

/**
 * The answer to a request outside of dialogs whose method can do nothing there (RFC 3261 8.2.1): 405 with `allow`, the methods that are
 * taken at all, for those that are not among them. INVITE, OPTIONS and REGISTER are none of its business.
 */
export function responseOutsideOfDialogs(method: string, allow: string): OutsideResponse {
	return RESPONSES.get(method) ?? { status: 405, headers: [['Allow', allow]] }
}
