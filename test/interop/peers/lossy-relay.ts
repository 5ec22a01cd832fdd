import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HOST = '127.0.0.1'

/** Datagrams that came and those of them that were dropped, both directions together. */
export interface RelayCounters {
	came: number
	dropped: number
}

/** A way to a SIP server's UDP port that loses datagrams; each client gets a port of its own towards the server. */
export class LossyRelay {
	readonly counters: RelayCounters = { came: 0, dropped: 0 }
	readonly #front: Socket
	readonly #serverPort: number
	readonly #isLost: () => boolean
	readonly #backs = new Map<number, Socket>()

	private constructor(front: Socket, serverPort: number, isLost: () => boolean) {
		this.#front = front
		this.#serverPort = serverPort
		this.#isLost = isLost
		front.on('message', (bytes, { port }) => this.#pass(bytes, this.#backFor(port), serverPort))
	}

	/** `isLost` is asked for every datagram. */
	static async start(serverPort: number, isLost: () => boolean): Promise<LossyRelay> {
		const front = createSocket('udp4')
		front.bind(0, HOST)
		await once(front, 'listening')
		return new LossyRelay(front, serverPort, isLost)
	}

	get port(): number {
		return this.#front.address().port
	}

	close(): void {
		this.#front.close()
		for (const back of this.#backs.values()) back.close()
	}

	#pass(bytes: Uint8Array, by: Socket, port: number): void {
		this.counters.came++
		if (this.#isLost()) this.counters.dropped++
		else by.send(bytes, port, HOST)
	}

	#backFor(clientPort: number): Socket {
		let back = this.#backs.get(clientPort)
		if (!back) {
			back = createSocket('udp4')
			back.on('message', (bytes, { port }) => {
				if (port === this.#serverPort) this.#pass(bytes, this.#front, clientPort)
			})
			this.#backs.set(clientPort, back)
		}
		return back
	}
}
