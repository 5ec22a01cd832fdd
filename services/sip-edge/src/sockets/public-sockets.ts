import { addressHost } from '@vigil/sip'
import type { Flow, Listener, ServerTls, TransportManager, TransportName } from '@vigil/sip-transport'
import type { PublicListenerConfig } from '../config.ts'
import type { RouteAddress } from '../routing/route-set.ts'

/** An open socket of the edge. */
export interface EdgeAddress {
	readonly transport: TransportName
	/** An IP address, `0.0.0.0` or `::` when it listens on all. */
	readonly host: string
	readonly port: number
}

interface PublicSocket {
	readonly listener: Listener
	readonly config: PublicListenerConfig
}

/** The sockets for devices. */
export class PublicSockets {
	readonly #sockets: PublicSocket[] = []

	/** Opens them all. Rejects with TransportError; what was opened before is closed with the manager. */
	async open(manager: TransportManager, configs: readonly PublicListenerConfig[]): Promise<void> {
		for (const config of configs) {
			const { transport, host, port, tls, path, server } = config
			const listener = await manager.listen({
				transport,
				...(host !== undefined && { host }),
				...(port !== undefined && { port }),
				...(tls !== undefined && { tls }),
				...(path !== undefined && { path }),
				...(server !== undefined && { server }),
			})
			this.#sockets.push({ listener, config })
		}
	}

	/** Uses another certificate on the sockets that have one of their own. */
	setTls(tls: ServerTls): void {
		for (const { listener, config } of this.#sockets) if (config.tls) listener.setTls(tls)
	}

	get addresses(): readonly EdgeAddress[] {
		return this.#sockets.map(({ listener }) => ({
			transport: listener.transport,
			host: listener.host,
			port: listener.port,
		}))
	}

	/** How the device at the other end of that flow reaches us. */
	addressFor(flow: Flow): RouteAddress {
		const socket = this.#sockets.find(
			({ listener }) => listener.transport === flow.transport && listener.port === flow.local.port,
		)
		return {
			transport: flow.transport,
			host: addressHost(socket?.config.advertisedHost ?? flow.local.host),
			port: socket?.config.advertisedPort ?? flow.local.port,
		}
	}

	/** Names by which devices may call this edge. */
	get hosts(): readonly string[] {
		return this.#sockets.flatMap(({ listener, config }) => [
			addressHost(listener.host),
			...(config.advertisedHost === undefined ? [] : [addressHost(config.advertisedHost)]),
		])
	}
}
