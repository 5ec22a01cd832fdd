import type { Clock, Logger } from '@vigil/runtime'
import {
	type Address,
	type Flow,
	formatAddress,
	type Listener,
	resolveTarget,
	TransportManager,
} from '@vigil/sip-transport'
import type { WorkerConfig } from '../worker-config.ts'
import { KnownServers } from './known-servers.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** What one source may send that is none of the customers' SIP servers: calls may come from other hosts than REGISTERs go to. */
const STRANGERS = { perSecond: 500, burst: 2000 }

/** The sockets towards the customers' SIP servers: one UDP and one TCP listener, connections opened on demand. */
export class UpstreamSide {
	readonly manager: TransportManager
	readonly #config: WorkerConfig
	readonly #servers = new KnownServers()
	#udp: Listener | undefined

	constructor(config: WorkerConfig, clock: Clock, logger: Logger) {
		this.#config = config
		const exempt = ({ host }: Address) => this.#servers.has(host)
		this.manager = new TransportManager({ clock, logger, messageRate: { ...STRANGERS, exempt } })
	}

	/** Opens the listeners; UDP and TCP share the port number. Throws TransportError. */
	async open(): Promise<void> {
		const host = this.#config.upstreamHost
		this.#udp = await this.manager.listen({ transport: 'udp', host, port: this.#config.upstreamPort })
		await this.manager.listen({ transport: 'tcp', host, port: this.#udp.port })
	}

	/** Host and port by which upstream servers reach the listeners. */
	get contactHostPort(): string {
		return formatAddress({ host: this.#config.upstreamAdvertisedHost, port: this.#udp?.port ?? 0 })
	}

	get port(): number {
		return this.#udp?.port ?? 0
	}

	/** A flow to the target: addresses of RFC 3263 in their order, the n-th first after n failures. Throws TransportError. */
	async flowTo(target: UpstreamTarget, skip: number): Promise<Flow> {
		const addresses = await resolveTarget({
			host: target.host,
			transport: target.transport,
			...(target.port === undefined ? {} : { port: target.port }),
		})
		const address = addresses[skip % addresses.length]
		if (!address) throw new Error(`${target.host} has no address`)
		this.#servers.add(address.host)
		return this.manager.connect({
			transport: target.transport,
			host: address.host,
			port: address.port,
			...(target.transport === 'udp' && this.#udp ? { via: this.#udp } : {}),
			...this.#tls(target),
		})
	}

	/**
	 * The Contact host and port for a flow. A server reaches UDP and TCP contacts by our listeners; over TLS and
	 * WebSocket it can only come back by the connection that we opened, so that connection's own address is given.
	 */
	contactFor(flow: Flow): string {
		return isConnectionBound(flow) ? formatAddress(flow.local) : this.contactHostPort
	}

	close(): Promise<void> {
		return this.manager.close()
	}

	#tls(target: UpstreamTarget): { tls?: { servername: string; ca?: string } } {
		if (target.transport !== 'tls' && target.transport !== 'wss') return {}
		const ca = this.#config.upstreamCa
		return { tls: { servername: target.host, ...(ca === undefined ? {} : { ca }) } }
	}
}

/** Whether a server can come back to us by this flow only, because nothing of ours listens for its transport. */
export function isConnectionBound(flow: Flow): boolean {
	return flow.transport !== 'udp' && flow.transport !== 'tcp'
}
