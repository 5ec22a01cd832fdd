import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { NamedBy } from './decide-egress.ts'
import type { Egress } from './egress.ts'

/** What a name or address is refused with, as the `code` of the error. */
export const EGRESS_REFUSED = 'EGRESS_REFUSED'

/**
 * A `lookup` for Node's sockets, and for libraries that hand one on: only addresses that the policy admits come out, and the socket
 * connects to one of those. Node does not ask it for an IP address: see `refusedLiteral`.
 */
export function guardedLookup(egress: Egress, port: number, namedBy: NamedBy): LookupFunction {
	return (name, options, done) => {
		lookup(name, { ...options, all: true }, (error, found) => {
			if (error) return done(error, [])
			const admitted = found.filter(({ address }) => egress.decide({ host: address, port, namedBy }).allowed)
			const [first] = admitted
			if (!first) done(refused(), [])
			else if (options.all) done(null, admitted)
			else done(null, first.address, first.family)
		})
	}
}

/** The error for a host that is an IP address and not to be connected to; undefined for any other host. */
export function refusedLiteral(egress: Egress, host: string, port: number, namedBy: NamedBy): Error | undefined {
	if (isIP(host) === 0 || egress.decide({ host, port, namedBy }).allowed) return undefined
	return refused()
}

function refused(): NodeJS.ErrnoException {
	return Object.assign(new Error('the egress policy allows none of its addresses'), { code: EGRESS_REFUSED })
}
