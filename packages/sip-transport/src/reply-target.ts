import { isIP } from 'node:net'
import type { Via } from '@vigil/sip'
import type { Address, TransportName } from './flow.ts'
import { plainHost } from './socket-address.ts'

/** The port of a URI or Via that names none (RFC 3261 18.2.2, RFC 7118 for WebSocket). */
export function defaultPort(transport: TransportName): number {
	switch (transport) {
		case 'udp':
		case 'tcp':
			return 5060
		case 'tls':
			return 5061
		case 'ws':
			return 80
		case 'wss':
			return 443
	}
}

/**
 * Where a response goes whose request came by UDP, or by a connection that is closed (RFC 3261 18.2.2, RFC 3581 4): to
 * `received`, else the sent-by address, at `rport` (UDP only), else the sent-by port. Undefined when that is no IP address.
 *
 * `maddr` is not followed: it would let a stranger point our responses at a third party.
 */
export function replyTarget(via: Via, transport: TransportName): Address | undefined {
	const received = via.params.get('received')
	const host = plainHost(typeof received === 'string' ? received : via.host)
	if (isIP(host) === 0) return undefined
	const rport = transport === 'udp' ? portOf(via.params.get('rport')) : undefined
	return { host, port: rport ?? via.port ?? defaultPort(transport) }
}

function portOf(value: string | true | undefined): number | undefined {
	const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : 0
	return port > 0 && port < 65_536 ? port : undefined
}
