import type { Account } from '@vigil/domain'
import { headerList, parseNameAddr, type SipRequest } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { UpstreamSide } from '../upstream/upstream-side.ts'
import { targetOfUri } from '../upstream/upstream-target.ts'

/** The flow to the next hop of a request inside a call: its topmost Route, else its Request-URI (RFC 3261 12.2.1.1, 8.1.2). */
export async function nextHopFlow(upstream: UpstreamSide, account: Account, request: SipRequest): Promise<Flow> {
	const [route] = headerList(request.headers, 'Route')
	const uri = (route === undefined ? undefined : parseNameAddr(route)?.uri) ?? request.uri
	// A URI that names no transport means UDP (RFC 3263 4.1), unless the account's server is reached by a secure one.
	const implied = account.transport === 'udp' || account.transport === 'tcp' ? 'udp' : account.transport
	const target = targetOfUri(uri, implied)
	if (!target) throw new Error(`${uri} cannot be reached by SIP`)
	return upstream.flowTo(target, 0)
}
