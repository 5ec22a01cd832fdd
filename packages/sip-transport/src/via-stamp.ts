import { formatVia, type Headers, parseVia, replaceTopVia, splitList, type Via } from '@vigil/sip'
import type { Address } from './flow.ts'
import { plainHost } from './socket-address.ts'

/**
 * Writes into the top Via of a request where it really came from: `received` when the sent-by is another address
 * (RFC 3261 18.2.1) or `rport` was asked for, and the port into `rport` (RFC 3581 4). What the sender itself
 * put there is never believed.
 */
export function stampTopVia(headers: Headers, source: Address): void {
	const via = parseVia(splitList(headers.get('Via') ?? '')[0] ?? '')
	if (!via) return
	const stamped = stampVia(via, source)
	if (stamped !== via) replaceTopVia(headers, formatVia(stamped))
}

/** The same Via when there is nothing to write. */
function stampVia(via: Via, source: Address): Via {
	const asked = via.params.has('rport')
	const differs = plainHost(via.host).toLowerCase() !== source.host.toLowerCase()
	if (!asked && !differs && !via.params.has('received')) return via
	const params = new Map(via.params)
	params.delete('received')
	if (asked) params.set('rport', String(source.port))
	if (asked || differs) params.set('received', source.host)
	return { ...via, params }
}
