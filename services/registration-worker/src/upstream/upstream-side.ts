import { isIPv6 } from 'node:net'
import type { Clock, Egress, Logger, NamedBy, RandomText } from '@vigil/runtime'
import {
	type Address,
	type ConnectOptions,
	type DnsResolver,
	dnsResolver,
	type Flow,
	formatAddress,
	type Listener,
	listenOnOnePort,
	type ResolvedTarget,
	resolveTarget,
	type SipEndpoint,
	systemResolver,
	type TargetQuery,
	TransportManager,
	type TransportName,
	type TransportSources,
} from '@vigil/sip-transport'
import { DEFAULT_WORKER_LIMITS } from '../admission/worker-limits.ts'
import type { WorkerConfig } from '../worker-config.ts'
import { KnownServers } from './known-servers.ts'
import { privateHostPort } from './private-address.ts'
import { RespondingServers } from './responding-servers.ts'
import { SipProof } from './sip-proof.ts'
import { FailureLog, withoutCertificate } from './told-reason.ts'
import type { Connector, UpstreamPath } from './upstream.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** Of what one source may send in a second that is none of the customers' SIP servers, so much at once. */
const STRANGERS_BURST_SECONDS = 4

/** How often the way to a server that sees us behind a NAT is kept open: NATs forget a UDP sender after 30 s and more (RFC 4787 4.3). */
const PING_EVERY_MS = 25_000

/** No server may have us ping more often. */
const LEAST_PING_MS = 5000

/** What is connected to, and whose word led there. */
type Named = Pick<UpstreamTarget, 'host' | 'path'> & { readonly namedBy?: NamedBy }

/** What of an account says which address it gives as its own. */
export interface OwnAddressFacts {
	readonly id: string
	readonly attributes: { readonly natEmulation: boolean }
}

export interface UpstreamSideDeps {
	readonly egress: Egress
	/** The endpoint over `manager`, once there is one. */
	readonly endpoint: () => Pick<SipEndpoint, 'request'>
	readonly random: RandomText
	readonly transport?: TransportSources | undefined
	readonly clock: Clock
	readonly logger: Logger
}

/** The sockets towards the customers' SIP servers: UDP and TCP listeners, connections opened on demand. */
export class UpstreamSide implements Connector {
	readonly manager: TransportManager
	readonly #config: WorkerConfig
	readonly #servers = new KnownServers()
	readonly #resolver: DnsResolver
	readonly #egress: Egress
	readonly #responding = new RespondingServers()
	readonly #proof: SipProof
	readonly #failures: FailureLog
	readonly #transport: TransportSources
	/** What servers asked for, by connection. */
	readonly #pings = new WeakMap<Flow, number>()
	#sockets: readonly Listener[] = []

	constructor(config: WorkerConfig, deps: UpstreamSideDeps) {
		const { egress, transport = {}, clock, logger } = deps
		this.#transport = transport
		this.#config = config
		this.#egress = egress
		this.#failures = new FailureLog(clock, logger)
		this.#proof = new SipProof({
			...deps,
			token: () => deps.random.token(12),
			responding: this.#responding,
			contactFor: (flow) => this.contactFor(flow),
		})
		this.#resolver = config.dnsServers === undefined ? systemResolver : dnsResolver(config.dnsServers)
		const exempt = ({ host }: Address) => this.#servers.has(host)
		const isKnown = ({ remote }: Flow) => this.#servers.has(remote.host)
		const { strangerMessagesPerSecond: perSecond } = { ...DEFAULT_WORKER_LIMITS, ...config.limits }
		const messageRate = { perSecond, burst: perSecond * STRANGERS_BURST_SECONDS, exempt }
		const prove = (flow: Flow) => this.#proof.require(flow)
		this.manager = new TransportManager({ ...transport, clock, logger, egress, prove, messageRate, isKnown })
		this.manager.onMessage(({ kind }, flow) => this.#responding.came(flow, kind))
	}

	/** Opens the listeners; UDP and TCP share the port number. Throws TransportError. */
	async open(): Promise<void> {
		const { upstreamHost, upstreamPort, upstreamHostV6, upstreamSockets = 1 } = this.#config
		const hosts = upstreamHostV6 === undefined ? [upstreamHost] : [upstreamHost, upstreamHostV6]
		const sockets: Listener[] = []
		for (const host of hosts) {
			for (let index = 0; index < upstreamSockets; index++) {
				const port = upstreamPort === 0 ? 0 : upstreamPort + index
				const socket = await listenOnOnePort(this.manager, { host, port })
				this.#egress.ownListener(socket)
				sockets.push(socket)
			}
		}
		this.#sockets = sockets
	}

	/** Host and port by which upstream servers reach the first listener. */
	get contactHostPort(): string {
		return formatAddress({ host: this.#config.upstreamAdvertisedHost, port: this.port })
	}

	/** Port of the first listener. */
	get port(): number {
		return this.#sockets[0]?.port ?? 0
	}

	resolve({ host, port, transport }: UpstreamTarget, random: () => number): Promise<readonly ResolvedTarget[]> {
		const query = { host, transport, ...(port === undefined ? {} : { port }) }
		return resolveTarget(query, { random, resolver: this.#resolver })
	}

	async connect(target: Named, server: ResolvedTarget, lane: number): Promise<UpstreamPath> {
		const { transport, host, port } = server
		const via = transport === 'udp' ? this.#socketFor(host, lane) : undefined
		const options = { ...(via && { via }), ...(target.path && { path: target.path }), ...this.#tls(target, transport) }
		const { namedBy = 'account' } = target
		const flow = await this.#open({ transport, host, port, namedBy, ...options })
		this.#servers.add(server.host)
		const contactHostPort = this.contactFor(flow)
		return {
			flow,
			address: formatAddress(server),
			contactHostPort,
			via: viaOf(flow, contactHostPort),
		}
	}

	async #open(options: ConnectOptions): Promise<Flow> {
		try {
			return await this.manager.connect(options)
		} catch (error) {
			this.#failures.tell(options, error)
			throw withoutCertificate(error, options)
		}
	}

	/** An answer to a REGISTER came by that flow. */
	heard(flow: Flow): void {
		this.#responding.heard(flow)
	}

	/** Whether a SIP server has ever answered at that address. */
	hasResponded(server: ResolvedTarget): boolean {
		return this.#responding.hasEver({ transport: server.transport, remote: server })
	}

	/** The flow, once whoever is at its other end has shown that it speaks SIP. Rejects with TransportError. */
	async spoken(flow: Flow): Promise<Flow> {
		await this.#proof.require(flow)
		return flow
	}

	/**
	 * A flow to the first place that can be reached of those of RFC 3263, by the socket of the account's lane: one for what devices
	 * write, so a SIP server has answered there. Throws TransportError.
	 */
	async flowTo(target: TargetQuery & Pick<UpstreamTarget, 'path'>, lane: number): Promise<Flow> {
		let failure: unknown = new Error(`${target.host} has no address`)
		const { random } = this.#transport
		for (const server of await resolveTarget(target, { resolver: this.#resolver, ...(random && { random }) })) {
			try {
				return await this.spoken((await this.connect({ ...target, namedBy: 'caller' }, server, lane)).flow)
			} catch (error) {
				failure = error
			}
		}
		throw failure
	}

	/** Addresses of the places that RFC 3263 names. Throws TransportError. */
	async addressesOf(target: TargetQuery): Promise<string[]> {
		return (await resolveTarget(target, { resolver: this.#resolver })).map(({ host }) => host)
	}

	keepOpen(flow: Flow, open: boolean): void {
		// Connections are always kept open.
		if (flow.transport === 'udp') this.manager.setKeepAlive(flow, open && { intervalMs: PING_EVERY_MS })
	}

	pingEvery(flow: Flow, intervalMs: number): void {
		if (this.#pings.get(flow) === intervalMs) return
		this.#pings.set(flow, intervalMs)
		this.manager.setKeepAlive(flow, { intervalMs: Math.max(LEAST_PING_MS, intervalMs), expectPong: 'always' })
	}

	/**
	 * Host and port of an account's Contact, and of the Via of its requests, over a flow. With NAT emulation a private
	 * address: the server then has to come back to where the requests came from.
	 */
	hostPortFor(flow: Flow, { id, attributes }: OwnAddressFacts): string {
		return attributes.natEmulation ? privateHostPort(id) : this.contactFor(flow)
	}

	/**
	 * The Contact host and port for a flow. A server reaches UDP and TCP contacts by our listeners; over TLS and
	 * WebSocket it can only come back by the connection that we opened, so that connection's own address is given.
	 */
	contactFor(flow: Flow): string {
		if (isConnectionBound(flow)) return formatAddress(flow.local)
		const { upstreamAdvertisedHost, upstreamAdvertisedHostV6, upstreamHostV6 } = this.#config
		const six = isIPv6(flow.remote.host) && upstreamHostV6 !== undefined
		const own = upstreamHostV6 === '::' ? flow.local.host : upstreamHostV6
		const host = six ? (upstreamAdvertisedHostV6 ?? own ?? flow.local.host) : upstreamAdvertisedHost
		return formatAddress({ host, port: flow.transport === 'udp' ? flow.local.port : this.#portFor(six) })
	}

	#portFor(six: boolean): number {
		return this.#sockets.find((socket) => isIPv6(socket.host) === six)?.port ?? this.port
	}

	/** The socket of the lane, among those that reach the address. */
	#socketFor(host: string, lane: number): Listener | undefined {
		const six = isIPv6(host)
		const fitting = this.#sockets.filter((socket) => isIPv6(socket.host) === six || socket.host === '::')
		return fitting[lane % fitting.length]
	}

	close(): Promise<void> {
		return this.manager.close()
	}

	#tls(
		{ host }: Pick<UpstreamTarget, 'host'>,
		transport: TransportName,
	): { tls?: { servername: string; ca?: string } } {
		if (transport !== 'tls' && transport !== 'wss') return {}
		const ca = this.#config.upstreamCa
		return { tls: { servername: host, ...(ca === undefined ? {} : { ca }) } }
	}
}

/** Via value up to the branch, with `rport` (RFC 3581). */
export function viaOf(flow: Flow, hostPort: string): string {
	return `SIP/2.0/${flow.transport.toUpperCase()} ${hostPort};rport;branch=`
}

/** Whether a server can come back to us by this flow only, because nothing of ours listens for its transport. */
export function isConnectionBound(flow: Flow): boolean {
	return flow.transport !== 'udp' && flow.transport !== 'tcp'
}
