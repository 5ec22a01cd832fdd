import { spawnSync } from 'node:child_process'
import { connect, createServer, type Socket } from 'node:net'

const HOST = '127.0.0.1'

/** Has the system end every TCP connection to a port of the loopback, as it does when a network goes. Gives how many. */
export function killConnections(port: number): number {
	const { stdout } = spawnSync('ss', ['-K', '-t', '-H', 'dst', HOST, 'dport', '=', String(port)], { encoding: 'utf8' })
	return (stdout ?? '').split('\n').filter((line) => line.includes('ESTAB')).length
}

/** Whether `ss -K` ends connections here: it needs root, and CONFIG_INET_DIAG_DESTROY in the kernel. */
export async function canKillConnections(): Promise<boolean> {
	const server = createServer((socket) => socket.on('error', () => {}))
	await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
	const { port } = server.address() as { port: number }
	const socket = connect(port, HOST)
	const ended = new Promise<boolean>((resolve) => {
		socket.on('error', () => resolve(true))
		socket.on('connect', () => {
			if (killConnections(port) === 0) resolve(false)
		})
	})
	const killed = await ended
	socket.destroy()
	server.close()
	return killed
}

/** A way to a SIP server's TCP port whose connections can be reset, both ends of them. */
export class CutRelay {
	readonly port: number
	readonly #sockets = new Set<Socket>()
	readonly #close: () => void

	private constructor(port: number, sockets: Set<Socket>, close: () => void) {
		this.port = port
		this.#sockets = sockets
		this.#close = close
	}

	static async start(serverPort: number): Promise<CutRelay> {
		const sockets = new Set<Socket>()
		const server = createServer((front) => {
			const back = connect(serverPort, HOST)
			for (const [socket, other] of [
				[front, back],
				[back, front],
			] as const) {
				sockets.add(socket)
				socket.on('error', () => {})
				socket.on('close', () => {
					sockets.delete(socket)
					other.destroy()
				})
				socket.pipe(other)
			}
		})
		await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
		return new CutRelay((server.address() as { port: number }).port, sockets, () => server.close())
	}

	/** Resets every connection; gives how many there were. */
	cut(): number {
		const count = this.#sockets.size / 2
		for (const socket of [...this.#sockets]) socket.resetAndDestroy()
		return count
	}

	close(): void {
		this.#close()
		for (const socket of this.#sockets) socket.destroy()
	}
}
