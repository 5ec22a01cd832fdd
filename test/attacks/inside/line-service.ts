import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A service inside that takes each line for a command, as SMTP does, by TCP and UDP on one port; it keeps what it hears. */
export class LineService {
	readonly host: string
	heard = ''
	connections = 0
	readonly #server: Server
	readonly #datagrams: Datagrams
	readonly #sockets = new Set<Socket>()

	private constructor(host: string, server: Server, datagrams: Datagrams) {
		this.host = host
		this.#server = server
		this.#datagrams = datagrams
		server.on('connection', (socket) => {
			this.connections++
			this.#sockets.add(socket)
			socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
			socket.write('220 mail.internal ESMTP\r\n')
			socket.on('data', (bytes) => {
				this.#hear(bytes)
				socket.write('500 5.5.2 unrecognized command\r\n')
			})
		})
		datagrams.on('message', (bytes) => {
			this.connections++
			this.#hear(bytes)
		})
	}

	/** Port 0 lets the system choose. */
	static async start(host: string, port = 0): Promise<LineService> {
		const server = createServer().listen(port, host)
		await once(server, 'listening')
		const datagrams = createSocket('udp4').bind((server.address() as AddressInfo).port, host)
		await once(datagrams, 'listening')
		return new LineService(host, server, datagrams)
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port
	}

	get hostPort(): string {
		return `${this.host}:${this.port}`
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy()
		this.#datagrams.close()
		this.#server.close()
		await once(this.#server, 'close')
	}

	#hear(bytes: Buffer): void {
		if (this.heard.length < 1_000_000) this.heard += bytes.toString('latin1')
	}
}
