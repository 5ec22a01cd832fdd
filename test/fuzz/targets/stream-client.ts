import { connect, type Socket } from 'node:net'

/** A TCP connection that is opened again when the other side has ended it. Sends in the pieces that it is given. */
export class StreamClient {
	readonly #port: number
	readonly #greeting: Buffer | undefined
	#socket: Socket | undefined
	/** What came back on the present connection, its end only. */
	received = ''

	/** `greeting` is sent first on every connection, such as the upgrade to WebSocket. */
	constructor(port: number, greeting?: Buffer) {
		this.#port = port
		this.#greeting = greeting
	}

	/** Hands the pieces to the socket one by one, each in a turn of its own. */
	async send(pieces: readonly Buffer[]): Promise<void> {
		const socket = await this.#open()
		for (const piece of pieces) {
			if (socket.destroyed || socket.writableEnded) return
			socket.write(piece)
			await new Promise((resolve) => setImmediate(resolve))
		}
	}

	/** Ends the connection, so that what is incomplete on it stays so for nobody. */
	reset(): void {
		this.#socket?.destroy()
		this.#socket = undefined
	}

	async #open(): Promise<Socket> {
		const open = this.#socket
		if (open && !open.destroyed && !open.readableEnded) return open
		open?.destroy()
		const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
		this.#socket = socket
		this.received = ''
		socket.on('error', () => {})
		socket.on('end', () => socket.destroy())
		socket.on('data', (chunk: Buffer) => {
			this.received = (this.received + chunk.toString('latin1')).slice(-8192)
		})
		await new Promise((resolve) => {
			socket.once('connect', resolve)
			socket.once('close', resolve)
		})
		if (this.#greeting && !socket.destroyed) socket.write(this.#greeting)
		return socket
	}
}
