import { type SipResponse, serializeMessage } from '@vigil/sip'

/** What an answer may have of the octets of its request, at most. */
const MOST_FACTOR = 2

/** Version, status, blanks, a Content-Length, and the line ends around them. */
const START_AND_END_OCTETS = 64
/** Colon, blank and line end. */
const FIELD_ENDS_OCTETS = 4
/** In UTF-8, of a UTF-16 unit. */
const MOST_OCTETS_A_CHARACTER = 3

/** Fields that an answer does without, the most dispensable first. */
const DISPENSABLE = [
	'Server',
	'Warning',
	'Date',
	'Allow-Events',
	'Accept-Encoding',
	'Accept',
	'Supported',
	'Allow',
] as const

/**
 * The answer to a datagram of somebody unknown, whose source may be forged: with no more than twice the octets of what was sent, so that
 * nobody has us flood a third party (RFC 3261 26.3.2.4). Fields that it does without are left out where it is too large; undefined
 * where it stays too large.
 */
export function boundedResponse(response: SipResponse, requestOctets: number): SipResponse | undefined {
	const most = MOST_FACTOR * requestOctets
	if (roughOctets(response) <= most || serializeMessage(response).length <= most) return response
	const headers = response.headers.clone()
	const smaller = { ...response, headers }
	for (const name of DISPENSABLE) {
		if (!headers.has(name)) continue
		headers.remove(name)
		if (serializeMessage(smaller).length <= most) return smaller
	}
	return undefined
}

/** No fewer than the answer has, without writing it: an answer to a usual request is far below the bound. */
function roughOctets({ reason, headers, body }: SipResponse): number {
	let characters = reason.length
	let ends = START_AND_END_OCTETS + body.length
	for (const { name, value } of headers) {
		characters += name.length + value.length
		ends += FIELD_ENDS_OCTETS
	}
	return MOST_OCTETS_A_CHARACTER * characters + ends
}

/** Whether an answer of so many octets is bounded so. */
export function isBounded(octets: number, requestOctets: number): boolean {
	return octets <= MOST_FACTOR * requestOctets
}
