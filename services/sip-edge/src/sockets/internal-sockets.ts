import { addressHost } from '@vigil/sip'
import type { Flow, TransportManager } from '@vigil/sip-transport'
import type { InternalListenerConfig } from '../config.ts'
import { edgeUri, type RouteAddress } from '../routing/route-set.ts'
import type { WorkerHop } from '../routing/worker-hop.ts'
import type { EdgeAddress } from './public-sockets.ts'

/** The sockets for workers: one address, one port, one or two transports. */
export class InternalSockets {
	readonly #manager: TransportManager
	readonly #addresses: EdgeAddress[] = []
	readonly #advertisedHost: string

	constructor(manager: TransportManager, advertisedHost: string) {
		this.#manager = manager
		this.#advertisedHost = addressHost(advertisedHost)
	}

	/** Opens them. Rejects with TransportError; what was opened before is closed with the manager. */
	static async open(manager: TransportManager, config: InternalListenerConfig): Promise<InternalSockets> {
		const sockets = new InternalSockets(manager, config.advertisedHost ?? config.host)
		let { port } = config
		for (const transport of config.transports) {
			const listener = await manager.listen({ transport, host: config.host, port })
			// When the system chose the port, the other transport takes the same.
			port = listener.port
			sockets.#addresses.push({ transport, host: listener.host, port: listener.port })
		}
		return sockets
	}

	get addresses(): readonly EdgeAddress[] {
		return this.#addresses
	}

	/** What the store knows this edge by. */
	get uri(): string {
		return edgeUri(this.addressFor())
	}

	/** How workers reach us: by the transport that they came by, or by the first. */
	addressFor(transport?: string): RouteAddress {
		return {
			transport: transport ?? this.#addresses[0]?.transport ?? 'tcp',
			host: this.#advertisedHost,
			port: this.#port,
		}
	}

	/** A flow to a worker, the one there is or a new one. Rejects with TransportError. */
	connect({ transport, host, port }: WorkerHop): Promise<Flow> {
		return this.#manager.connect({ transport, host, port })
	}

	get #port(): number {
		return this.#addresses[0]?.port ?? 0
	}
}
