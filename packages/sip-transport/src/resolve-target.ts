import { isIP } from 'node:net'
import { type DnsResolver, type FoundAddress, systemResolver } from './dns-resolver.ts'
import type { TransportName } from './flow.ts'
import { type NaptrService, offeredServices } from './naptr.ts'
import { defaultPort } from './reply-target.ts'
import { plainHost } from './socket-address.ts'
import { orderByWeight } from './srv-order.ts'
import { TransportError } from './transport-error.ts'

/** What a SIP URI says about where to send. */
export interface TargetQuery {
	/** Host part of the URI, or its `maddr`. */
	readonly host: string
	readonly port?: number
	readonly transport?: TransportName
	/** A `sips:` URI: only TLS (or WSS) will do. */
	readonly secure?: boolean
}

/** One place to send to. */
export interface ResolvedTarget {
	readonly transport: TransportName
	/** An IP address. */
	readonly host: string
	readonly port: number
	/** The domain asked for: what a TLS certificate must carry (RFC 5922 7.2), not the SRV host. */
	readonly domain: string
	/** How long DNS lets the address be kept; absent where it was none of DNS. */
	readonly ttlSeconds?: number
}

export interface ResolveOptions {
	readonly resolver?: DnsResolver
	/** A number in [0, 1), for the weights of SRV records; default `Math.random`. */
	readonly random?: () => number
}

/** SRV names by transport (RFC 3263 4.1, 4.2); WebSocket has none (RFC 7118 7). */
const SERVICES: Readonly<Partial<Record<TransportName, string>>> = {
	udp: '_sip._udp',
	tcp: '_sip._tcp',
	tls: '_sips._tcp',
}

/**
 * Where to send a request, in the order in which to try (RFC 3263 4).
 *
 * An IP address, or a name with a port, is taken as it is (A and AAAA). Otherwise SRV records of the transport; when none
 * is asked for, of those that NAPTR records name, or of UDP, TCP and TLS in turn; then A and AAAA with the usual port. Rejects with TransportError:
 * `name-not-found`, or `timeout` when the servers did not answer.
 */
export async function resolveTarget(query: TargetQuery, options: ResolveOptions = {}): Promise<ResolvedTarget[]> {
	const host = plainHost(query.host)
	const transport = query.transport && (query.secure ? secured(query.transport) : query.transport)
	const fallback = transport ?? (query.secure ? 'tls' : 'udp')
	const plain = { transport: fallback, port: query.port ?? defaultPort(fallback), domain: host }
	if (isIP(host) !== 0) return [{ ...plain, host }]
	const resolver = options.resolver ?? systemResolver
	if (query.port === undefined) {
		const services = await servicesOf(host, transport, query.secure ?? false, resolver)
		const found = await viaSrv(host, services, resolver, options)
		if (found) return found
	}
	const addresses = await resolver.addresses(host)
	if (addresses.length === 0) throw new TransportError('name-not-found', `${host} has no address`)
	return addresses.map((found) => ({ ...plain, ...hostOf(found) }))
}

/** The SRV names to ask for, in the order of preference. */
async function servicesOf(
	domain: string,
	transport: TransportName | undefined,
	secure: boolean,
	resolver: DnsResolver,
): Promise<NaptrService[]> {
	if (transport === undefined && resolver.naptr) {
		const offered = offeredServices(await resolver.naptr(domain), secure)
		if (offered.length > 0) return offered
	}
	const transports: readonly TransportName[] = transport ? [transport] : secure ? ['tls'] : ['udp', 'tcp', 'tls']
	return transports.flatMap((name) => {
		const service = SERVICES[name]
		return service === undefined ? [] : [{ transport: name, name: `${service}.${domain}` }]
	})
}

/** Undefined when the domain publishes no SRV records for these transports. */
async function viaSrv(
	domain: string,
	asked: readonly NaptrService[],
	resolver: DnsResolver,
	{ random = Math.random }: ResolveOptions,
): Promise<ResolvedTarget[] | undefined> {
	const services = await Promise.all(
		asked.map(async ({ transport, name }) => {
			const records = await resolver.srv(name)
			return orderByWeight(records, random).map((record) => ({ ...record, transport }))
		}),
	)
	const records = services.flat()
	if (records.length === 0) return undefined
	const answers = await Promise.allSettled(
		// RFC 2782: a target of "." says that the service is decidedly not offered.
		records.map(({ name }) => (name === '' || name === '.' ? [] : resolver.addresses(name))),
	)
	const targets = records.flatMap(({ transport, port }, index) => {
		const answer = answers[index]
		const hosts = answer?.status === 'fulfilled' ? answer.value : []
		return hosts.map((found) => ({ transport, port, domain, ...hostOf(found) }))
	})
	if (targets.length > 0) return targets
	const failure = answers.find((answer) => answer.status === 'rejected')
	throw failure?.reason ?? new TransportError('name-not-found', `${domain} offers no such service`)
}

function hostOf({ address, ttlSeconds }: FoundAddress): Pick<ResolvedTarget, 'host' | 'ttlSeconds'> {
	return { host: address, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }
}

function secured(transport: TransportName): TransportName {
	return transport === 'ws' || transport === 'wss' ? 'wss' : 'tls'
}
