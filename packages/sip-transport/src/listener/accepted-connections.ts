import type { ConnectionFlow } from '../connection/connection-flow.ts'
import type { TransportName } from '../flow.ts'
import type { StreamSocket } from '../network/network.ts'
import type { TransportContext } from '../transport-context.ts'

/** The connections that one listener accepted: bounded by source, and ended together. */
export class AcceptedConnections {
	readonly #context: TransportContext
	readonly #transport: TransportName
	readonly #flows = new Set<ConnectionFlow>()
	/** Sockets that are not flows yet: TLS or WebSocket set-up is under way. */
	readonly #settingUp = new Map<string, StreamSocket>()

	constructor(context: TransportContext, transport: TransportName) {
		this.#context = context
		this.#transport = transport
	}

	/** Counts a new socket, or cuts it off when a limit is reached (then false). */
	admit(socket: StreamSocket): boolean {
		const free = this.#context.connectionCounts.take(this.#context.proxied.remoteOf(socket).host)
		if (!free) {
			this.#context.intake.counters[this.#transport].connectionsRefused++
			socket.destroy()
			return false
		}
		// Errors before a flow exists (a reset in the TLS handshake) are of no interest, but must have a listener.
		socket.on('error', () => {})
		const peer = peerOf(socket)
		this.#settingUp.set(peer, socket)
		socket.once('close', () => {
			if (this.#settingUp.get(peer) === socket) this.#settingUp.delete(peer)
			free()
		})
		return true
	}

	/** A socket, or the TLS socket over it, has become a flow. */
	add(flow: ConnectionFlow, socket: StreamSocket): void {
		this.#settingUp.delete(peerOf(socket))
		this.#flows.add(flow)
		flow.onClose(() => this.#flows.delete(flow))
	}

	/** Ends everything; resolves when the sockets are gone. */
	async close(): Promise<void> {
		const flows = [...this.#flows]
		for (const flow of flows) flow.finish('listener-closed')
		for (const socket of this.#settingUp.values()) socket.destroy()
		await Promise.all(flows.map((flow) => flow.gone))
	}
}

/** The same for a TLS socket and the TCP socket below it, which Node does not tell. */
function peerOf(socket: StreamSocket): string {
	return `${socket.remoteAddress} ${socket.remotePort}`
}
