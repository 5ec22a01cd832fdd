import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@vigil/testkit'

/** Somebody who sends what he likes, SIP or not, and reads what comes back. */
export class RawPeer {
	readonly #send: (bytes: Uint8Array) => Promise<void>
	readonly #close: () => void
	#heard = ''
	#closed = false

	private constructor(send: (bytes: Uint8Array) => Promise<void>, close: () => void) {
		this.#send = send
		this.#close = close
	}

	static async udp(port: number, host = '127.0.0.1'): Promise<RawPeer> {
		const socket = createSocket('udp4')
		socket.bind(0, host)
		await once(socket, 'listening')
		const send = (bytes: Uint8Array) => new Promise<void>((sent) => socket.send(bytes, port, host, () => sent()))
		const peer = new RawPeer(send, () => socket.close())
		socket.on('message', (bytes) => peer.#hear(bytes))
		return peer
	}

	static async tcp(port: number, host = '127.0.0.1'): Promise<RawPeer> {
		const socket = connect({ port, host })
		await once(socket, 'connect')
		// Writing to a connection that the other side has closed is what some tests do on purpose.
		socket.on('error', () => {})
		const send = (bytes: Uint8Array) => new Promise<void>((sent) => socket.write(bytes, () => sent()))
		const peer = new RawPeer(send, () => socket.destroy())
		socket.on('data', (bytes) => peer.#hear(bytes))
		socket.on('close', () => {
			peer.#closed = true
		})
		return peer
	}

	/** All that was heard so far, one character an octet. */
	get heard(): string {
		return this.#heard
	}

	/** Status lines heard so far. */
	get statuses(): number[] {
		return [...this.#heard.matchAll(/^SIP\/2\.0 (\d{3}) /gm)].map(([, status]) => Number(status))
	}

	/** True once the other side has closed the connection. */
	get isClosed(): boolean {
		return this.#closed
	}

	send(message: string | Uint8Array): Promise<void> {
		return this.#send(typeof message === 'string' ? Buffer.from(message) : message)
	}

	/** Sends a message and waits for the status of the next final answer. */
	async ask(message: string): Promise<number> {
		const before = this.#finals().length
		await this.send(message)
		await until(() => this.#finals().length > before, { what: `an answer to ${message.slice(0, 200)}` })
		return this.#finals()[before] ?? 0
	}

	close(): void {
		this.#close()
	}

	#finals(): number[] {
		return this.statuses.filter((status) => status >= 200)
	}

	#hear(bytes: Uint8Array): void {
		this.#heard += Buffer.from(bytes).toString('latin1')
	}
}
