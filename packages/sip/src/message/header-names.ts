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
	o: 'event',
	r: 'refer-to',
	s: 'subject',
	t: 'to',
	u: 'allow-events',
	v: 'via',
	x: 'session-expires',
}

/** The lower-case long form of a header name, by which names are compared. */
export function canonicalHeaderName(name: string): string {
	const lower = name.toLowerCase()
	return COMPACT_FORMS[lower] ?? lower
}
