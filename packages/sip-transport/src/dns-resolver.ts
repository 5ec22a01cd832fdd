import type { RecordWithTtl } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import type { NaptrRecord } from './naptr.ts'
import type { SrvTarget } from './srv-order.ts'
import { TransportError } from './transport-error.ts'

/** The questions that `resolveTarget` asks. A name that does not exist is an empty answer; no answer is a TransportError. */
export interface DnsResolver {
	/** Which transports a domain offers; absent where that is not asked. */
	naptr?(name: string): Promise<NaptrRecord[]>
	srv(name: string): Promise<SrvTarget[]>
	/** IPv4 addresses first, then IPv6. */
	addresses(name: string): Promise<FoundAddress[]>
}

export interface FoundAddress {
	readonly address: string
	/** How long DNS lets it be kept; absent where the host itself knew it. */
	readonly ttlSeconds?: number
}

/** DNS knows no such name; ECONNREFUSED: there is no DNS here, only the host's own names. */
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME', 'ECONNREFUSED'])

/** How long one name server may take, and how often it is asked. */
const QUERY = { timeout: 3000, tries: 2 }

/** The name servers of the system, as `dnsResolver` asks them. */
export const systemResolver: DnsResolver = dnsResolver()

/**
 * Asks these name servers (`address` or `address:port`; default the system's), side by side and without the thread pool, so that
 * one dead name server does not hold up the look-ups of others. Names that only the host knows (`/etc/hosts`) are found too,
 * after DNS has said no. Throws on a server that is no address.
 */
export function dnsResolver(servers?: readonly string[]): DnsResolver {
	const ask = () => {
		const resolver = new Resolver(QUERY)
		if (servers) resolver.setServers(servers)
		return resolver
	}
	if (servers) ask()
	return {
		async naptr(name) {
			return await orNothing(ask().resolveNaptr(name))
		},
		async srv(name) {
			return await orNothing(ask().resolveSrv(name))
		},
		async addresses(name) {
			const resolver = ask()
			const [v4, v6] = await Promise.allSettled([
				orNothing(resolver.resolve4(name, { ttl: true })),
				orNothing(resolver.resolve6(name, { ttl: true })),
			])
			const found = [...settled(v4), ...settled(v6)]
			if (found.length > 0) return found.map(({ address, ttl }) => ({ address, ttlSeconds: ttl }))
			if (v4.status === 'rejected') throw v4.reason
			if (v6.status === 'rejected') throw v6.reason
			const known = await orNothing(lookup(name, { all: true, order: 'ipv4first' }))
			return known.map(({ address }) => ({ address }))
		},
	}
}

function settled(result: PromiseSettledResult<RecordWithTtl[]>): RecordWithTtl[] {
	return result.status === 'fulfilled' ? result.value : []
}

async function orNothing<T>(answer: Promise<T[]>): Promise<T[]> {
	try {
		return await answer
	} catch (error) {
		const { code = '', message } = error as Error & { code?: string }
		if (NO_SUCH_NAME.has(code)) return []
		throw new TransportError('timeout', `no answer from DNS: ${message}`, error)
	}
}
