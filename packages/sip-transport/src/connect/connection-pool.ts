import type { ConnectionFlow } from '../connection/connection-flow.ts'
import type { ConnectOptions } from '../listen-options.ts'
import { tlsIdentity } from './client-tls.ts'

/** Connections that we opened, by target, so that messages to one server share one (RFC 3261 18). */
export class ConnectionPool {
	readonly #flows = new Map<string, ConnectionFlow>()
	readonly #opening = new Map<string, Promise<ConnectionFlow>>()

	/** A live or opening connection to that target, else the one that `open` makes. A failure is everybody's who waits, and is not kept. */
	get(options: ConnectOptions, open: () => Promise<ConnectionFlow>): Promise<ConnectionFlow> {
		const key = poolKey(options)
		const live = this.#flows.get(key)
		if (live && !live.closed) return Promise.resolve(live)
		const pending = this.#opening.get(key)
		if (pending) return pending
		const opening = open().then(
			(flow) => {
				this.#opening.delete(key)
				this.#remember(key, flow)
				return flow
			},
			(error: unknown) => {
				this.#opening.delete(key)
				throw error
			},
		)
		this.#opening.set(key, opening)
		return opening
	}

	#remember(key: string, flow: ConnectionFlow): void {
		if (flow.closed) return
		this.#flows.set(key, flow)
		flow.onClose(() => {
			if (this.#flows.get(key) === flow) this.#flows.delete(key)
		})
	}
}

function poolKey({ transport, host, port, path, localHost, localPort, tls }: ConnectOptions): string {
	const security = transport === 'tls' || transport === 'wss' ? tlsIdentity(tls) : ''
	return [transport, host.toLowerCase(), port, path ?? '', localHost ?? '', localPort ?? '', security].join('|')
}
