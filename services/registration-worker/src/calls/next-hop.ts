import type { Account } from '@vigil/domain'
import { headerList, parseNameAddr, type SipRequest } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import { phaseOf } from '../registrations/identities.ts'
import type { UpstreamSide } from '../upstream/upstream-side.ts'
import { targetOfUri } from '../upstream/upstream-target.ts'
import { laneOf } from '../upstream/upstreams.ts'

/** The next hop of a request: its topmost Route, else its Request-URI (RFC 3261 8.1.2, 12.2.1.1). */
export function nextHopUri(request: SipRequest): string {
	const [route] = headerList(request.headers, 'Route')
	return (route === undefined ? undefined : parseNameAddr(route)?.uri) ?? request.uri
}

/** The flow to the next hop of a request of the account. Rejects when there is no way. */
export async function nextHopFlow(upstream: UpstreamSide, account: Account, uri: string): Promise<Flow> {
	// A URI that names no transport means UDP (RFC 3263 4.1), unless the account's server is reached by a secure one.
	const implied = account.transport === 'udp' || account.transport === 'tcp' ? 'udp' : account.transport
	const target = targetOfUri(uri, implied)
	if (!target) throw new Error(`${uri} cannot be reached by SIP`)
	return upstream.flowTo(target, laneOf(phaseOf(account.id)))
}
