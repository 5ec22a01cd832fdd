import type { LossyNetwork, NetworkEndpoint } from '../lossy-network.ts'
import { SimulatedServer } from './simulated-server.ts'
import { type Carry, errorOf, type SimulatedAddress, SimulatedStream } from './simulated-stream.ts'

/** Where ports that nobody chose begin. */
const FIRST_FREE_PORT = 40_000

/** A datagram, or bytes of a connection, on the wire. */
export interface OnTheWire {
	readonly kind: 'udp' | 'tcp'
	readonly from: string
	readonly to: string
	readonly bytes: Uint8Array
}

interface Listening {
	readonly server: SimulatedServer
	readonly host: SimulatedHost
}

/** What a host needs of the network that it is in. */
export interface HostNetwork {
	readonly datagrams: LossyNetwork
	readonly carry: Carry
	sent(event: OnTheWire): void
	arrived(event: OnTheWire): void
	/** Calls `act` after the time of a segment on its way. */
	later(act: () => void): void
	/** Takes the address for a server; false when it is taken already. */
	listen(address: SimulatedAddress, host: SimulatedHost, server: SimulatedServer): boolean
	leave(server: SimulatedServer): void
	serverAt(address: SimulatedAddress): Listening | undefined
}

type Receive = (data: Buffer, from: { readonly address: string; readonly port: number }) => void

/** A machine of a simulated network: the `Network` of the transports that run on it. */
export class SimulatedHost {
	readonly address: string
	readonly #network: HostNetwork
	readonly #streams = new Set<SimulatedStream>()
	readonly #servers = new Set<SimulatedServer>()
	readonly #places = new Set<NetworkEndpoint>()
	readonly #takenUdp = new Set<number>()
	#nextPort = FIRST_FREE_PORT
	#down = false

	constructor(network: HostNetwork, address: string) {
		this.#network = network
		this.address = address
	}

	/** The process that runs here ends without a word: datagrams to it vanish, its connections are reset. */
	crash(): void {
		this.#down = true
		for (const place of this.#places) place.detach()
		for (const server of this.#servers) this.#leave(server)
		for (const stream of [...this.#streams]) stream.abandon()
	}

	/** Cuts every connection that is open, as a NAT or a load balancer does that has forgotten them. */
	cutConnections(): void {
		for (const stream of [...this.#streams]) stream.destroy(errorOf('ECONNRESET', 'the connection was cut'))
	}

	async bind({ host, port: asked }: SimulatedAddress) {
		if (host !== this.address) throw errorOf('EADDRNOTAVAIL', `${host} is not an address of this machine`)
		const port = asked === 0 ? this.#nextPort++ : asked
		if (this.#takenUdp.has(port)) throw errorOf('EADDRINUSE', `UDP port ${port} is taken`)
		this.#takenUdp.add(port)
		return this.#datagramSocket(port)
	}

	connect(target: SimulatedAddress & { readonly localPort?: number }): SimulatedStream {
		const remote = { host: target.host, port: target.port }
		const stream = this.#stream({ host: this.address, port: target.localPort ?? this.#nextPort++ }, remote)
		this.#network.later(() => this.#arriveAt(remote, stream))
		return stream
	}

	createServer(accept: (socket: SimulatedStream) => void): SimulatedServer {
		const server = new SimulatedServer(
			{ listen: (one, address) => this.#listen(one, address), leave: (one) => this.#leave(one) },
			accept,
		)
		return server
	}

	/** The end on this machine of a connection that another one has opened; undefined when it is down. */
	accept(local: SimulatedAddress, remote: SimulatedAddress): SimulatedStream | undefined {
		return this.#down ? undefined : this.#stream(local, remote)
	}

	#stream(local: SimulatedAddress, remote: SimulatedAddress): SimulatedStream {
		const network = this.#network
		const stream = new SimulatedStream(local, remote, network.carry, (gone) => this.#streams.delete(gone))
		this.#streams.add(stream)
		return stream
	}

	#arriveAt(remote: SimulatedAddress, client: SimulatedStream): void {
		if (client.destroyed) return
		const server = this.#network.serverAt(remote)
		const end = server?.host.accept(remote, { host: client.localAddress, port: client.localPort })
		if (!server || !end) {
			this.#network.later(() =>
				client.vanish(errorOf('ECONNREFUSED', `nobody listens at ${remote.host}:${remote.port}`)),
			)
			return
		}
		client.peer = end
		end.peer = client
		server.server.accepted(end)
		this.#network.carry(end, (to) => {
			if (!to.destroyed) to.emit('connect')
		})
	}

	#listen(server: SimulatedServer, { host, port: asked }: SimulatedAddress): SimulatedAddress | undefined {
		const bound = { host, port: asked === 0 ? this.#nextPort++ : asked }
		if (host !== this.address || !this.#network.listen(bound, this, server)) return undefined
		this.#servers.add(server)
		return bound
	}

	#leave(server: SimulatedServer): void {
		this.#servers.delete(server)
		this.#network.leave(server)
	}

	#datagramSocket(port: number) {
		const { address } = this
		const receivers: Receive[] = []
		const name = `${address}:${port}`
		const network = this.#network
		const place = network.datagrams.attach(name, (bytes, from) => {
			network.arrived({ kind: 'udp', from, to: name, bytes })
			const colon = from.lastIndexOf(':')
			const source = { address: from.slice(0, colon), port: Number(from.slice(colon + 1)) }
			for (const receive of receivers) receive(Buffer.from(bytes), source)
		})
		this.#places.add(place)
		return {
			address: () => ({ address, port }),
			on: (event: string, fn: unknown) => {
				if (event === 'message') receivers.push(fn as Receive)
			},
			send: (bytes: Uint8Array, toPort: number, toHost: string, done: (error: Error | null) => void) => {
				const to = `${toHost}:${toPort}`
				network.sent({ kind: 'udp', from: name, to, bytes })
				place.send(to, bytes)
				queueMicrotask(() => done(null))
			},
			close: (done: () => void) => {
				place.detach()
				this.#places.delete(place)
				this.#takenUdp.delete(port)
				queueMicrotask(done)
			},
		}
	}
}
