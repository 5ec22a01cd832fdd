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
	addresses(name: string): Promise<string[]>
}

/** DNS knows no such name; ECONNREFUSED: there is no DNS here, only the host's own names. */
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME', 'ECONNREFUSED'])

/** How long one name server may take, and how often it is asked. */
const QUERY = { timeout: 3000, tries: 2 }

/**
 * The system's name servers, asked side by side and without the thread pool, so that one dead name server does not hold up
 * the look-ups of others. Names that only the host knows (`/etc/hosts`) are found too, after DNS has said no.
 */
export const systemResolver: DnsResolver = {
	async naptr(name) {
		return await orNothing(new Resolver(QUERY).resolveNaptr(name))
	},
	async srv(name) {
		return await orNothing(new Resolver(QUERY).resolveSrv(name))
	},
	async addresses(name) {
		const resolver = new Resolver(QUERY)
		const [v4, v6] = await Promise.allSettled([orNothing(resolver.resolve4(name)), orNothing(resolver.resolve6(name))])
		const found = [...settled(v4), ...settled(v6)]
		if (found.length > 0) return found
		if (v4.status === 'rejected') throw v4.reason
		if (v6.status === 'rejected') throw v6.reason
		return (await orNothing(lookup(name, { all: true, order: 'ipv4first' }))).map(({ address }) => address)
	},
}

function settled(result: PromiseSettledResult<string[]>): string[] {
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
