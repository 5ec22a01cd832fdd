import type { SipRequest } from '@vigil/sip'
import type { TransportName } from '../flow.ts'

/** The same request with our Via on top (RFC 3261 8.1.1.7, 18.1.1) and `rport` in it (RFC 3581 3). */
export function withVia(request: SipRequest, transport: TransportName, sentBy: string, branch: string): SipRequest {
	const headers = request.headers.clone()
	headers.prepend('Via', `SIP/2.0/${transport.toUpperCase()} ${sentBy};rport;branch=${branch}`)
	return { ...request, headers }
}
