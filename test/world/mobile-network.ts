import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

interface Link {
	readonly phone: Socket
	readonly edge: Socket
}

/** The network between a phone and the edge: relays TCP, and goes away when the test says so. */
export class MobileNetwork {
	readonly #server: Server
	readonly #edge: { host: string; port: number }
	readonly #links = new Set<Link>()
	/** Connections whose phone has left and whose edge does not know it. */
	readonly #abandoned = new Set<Socket>()
	#connections = 0

	private constructor(server: Server, edge: { host: string; port: number }) {
		this.#server = server
		this.#edge = edge
		server.on('connection', (phone) => this.#relay(phone))
	}

	/** `edgeUrl` is the WebSocket URL that devices are given. */
	static async start(edgeUrl: string): Promise<MobileNetwork> {
		const { hostname, port } = new URL(edgeUrl)
		const server = createServer()
		server.listen(0, '127.0.0.1')
		await once(server, 'listening')
		return new MobileNetwork(server, { host: hostname, port: Number(port) })
	}

	/** The edge as the phone reaches it through this network. */
	get url(): string {
		const { address, port } = this.#server.address() as AddressInfo
		return `ws://${address}:${port}`
	}

	/** Connections made through it so far. */
	get connections(): number {
		return this.#connections
	}

	/** Both ends see the connection break. */
	cut(): void {
		for (const { phone, edge } of this.#links) {
			phone.resetAndDestroy()
			edge.resetAndDestroy()
		}
		this.#links.clear()
	}

	/** The phone moves to another network: its connection is gone, and the edge hears nothing of it. */
	moveAway(): void {
		for (const { phone, edge } of this.#links) {
			edge.removeAllListeners('close')
			this.#abandoned.add(edge)
			phone.resetAndDestroy()
		}
		this.#links.clear()
	}

	async close(): Promise<void> {
		const closed = once(this.#server, 'close')
		this.#server.close()
		this.cut()
		for (const edge of this.#abandoned) edge.destroy()
		await closed
	}

	#relay(phone: Socket): void {
		this.#connections++
		const edge = connect(this.#edge)
		const link: Link = { phone, edge }
		this.#links.add(link)
		phone.on('data', (chunk) => edge.write(chunk))
		edge.on('data', (chunk) => {
			if (!phone.destroyed) phone.write(chunk)
		})
		for (const socket of [phone, edge]) socket.on('error', () => {})
		phone.on('close', () => {
			if (this.#links.delete(link)) edge.destroy()
		})
		edge.on('close', () => {
			this.#links.delete(link)
			phone.destroy()
		})
	}
}
