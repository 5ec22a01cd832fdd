import { headerList, parseNameAddr, type SipRequest } from '@vigil/sip'

/** The next hop of a request: its topmost Route, else its Request-URI (RFC 3261 8.1.2, 12.2.1.1). */
export function nextHopUri(request: SipRequest): string {
	const [route] = headerList(request.headers, 'Route')
	return (route === undefined ? undefined : parseNameAddr(route)?.uri) ?? request.uri
}
