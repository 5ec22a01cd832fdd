/** Compact forms of header names, RFC 3261 7.3.3 and the registrations that followed it. */
const COMPACT_FORMS: Readonly<Record<string, string>> = {
	a: 'accept-contact',
	b: 'referred-by',
	c: 'content-type',
	d: 'request-disposition',
	e: 'content-encoding',
	f: 'from',
	i: 'call-id',
	j: 'reject-contact',
	k: 'supported',
	l: 'content-length',
	m: 'contact',
	n: 'identity-info',
	o: 'event',
	r: 'refer-to',
	s: 'subject',
	t: 'to',
	u: 'allow-events',
	v: 'via',
	x: 'session-expires',
	y: 'identity',
}

/** Header fields that nearly every message carries, in the spelling of RFC 3261. */
const COMMON_NAMES = [
	'Accept',
	'Allow',
	'Authorization',
	'Call-ID',
	'Contact',
	'Content-Length',
	'Content-Type',
	'CSeq',
	'Date',
	'Event',
	'Expires',
	'From',
	'Max-Forwards',
	'Path',
	'P-Asserted-Identity',
	'Proxy-Authenticate',
	'Proxy-Authorization',
	'Record-Route',
	'Require',
	'Route',
	'Server',
	'Supported',
	'To',
	'User-Agent',
	'Via',
	'WWW-Authenticate',
]

/**
 * Spellings seen all the time, so that the common case is one map look-up. Filled once: names that
 * a peer invents are never stored, otherwise a stranger could grow this map.
 */
const KNOWN_SPELLINGS = knownSpellings()

function knownSpellings(): ReadonlyMap<string, string> {
	const spellings = new Map<string, string>()
	for (const name of COMMON_NAMES) {
		spellings.set(name, name.toLowerCase())
		spellings.set(name.toLowerCase(), name.toLowerCase())
	}
	for (const [compact, canonical] of Object.entries(COMPACT_FORMS)) {
		spellings.set(compact, canonical)
		spellings.set(compact.toUpperCase(), canonical)
	}
	return spellings
}

/** The lower-case long form of a header name, by which names are compared. */
export function canonicalHeaderName(name: string): string {
	const known = KNOWN_SPELLINGS.get(name)
	if (known !== undefined) return known
	const lower = name.toLowerCase()
	return KNOWN_SPELLINGS.get(lower) ?? lower
}

const COMPACT_OF: ReadonlyMap<string, string> = new Map(
	Object.entries(COMPACT_FORMS).map(([compact, canonical]) => [canonical, compact]),
)

/** The one-letter form of a canonical name, where it has one. */
export function compactFormOf(canonical: string): string | undefined {
	return COMPACT_OF.get(canonical)
}

/** The canonical name when this spelling is a common one, which therefore needs no further check of its characters. */
export function knownHeaderName(name: string): string | undefined {
	return KNOWN_SPELLINGS.get(name)
}
