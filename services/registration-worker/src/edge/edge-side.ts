import {
	type Flow,
	formatAddress,
	type Listener,
	TransportManager,
	type TransportManagerOptions,
} from '@vigil/sip-transport'
import { targetOfUri } from '../upstream/upstream-target.ts'
import type { WorkerConfig } from '../worker-config.ts'

/** The socket and connections towards the edges, apart from those that face customers' servers. */
export class EdgeSide {
	readonly manager: TransportManager
	readonly #config: WorkerConfig
	#listener: Listener | undefined

	constructor(config: WorkerConfig, options: TransportManagerOptions) {
		this.#config = config
		this.manager = new TransportManager(options)
	}

	/** Gives the socket that it listens at. Throws TransportError. */
	async open(): Promise<Listener> {
		const { internalHost: host, internalPort: port } = this.#config
		this.#listener = await this.manager.listen({ transport: 'tcp', host, port })
		return this.#listener
	}

	/** Where edges reach us. */
	get hostPort(): string {
		return formatAddress({ host: this.#config.internalHost, port: this.#listener?.port ?? 0 })
	}

	/** The connection to the edge that a route names; one for all calls. Throws TransportError. */
	async flowTo(routeUri: string): Promise<Flow> {
		const target = targetOfUri(routeUri, 'tcp')
		if (!target) throw new Error('the route to the device is no SIP URI')
		return this.manager.connect({ transport: target.transport, host: target.host, port: target.port ?? 5060 })
	}

	close(): Promise<void> {
		return this.manager.close()
	}
}
