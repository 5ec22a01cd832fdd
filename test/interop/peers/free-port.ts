import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that is free for UDP and TCP just now. */
export async function freePort(): Promise<number> {
	for (;;) {
		const server = createServer()
		const port = await new Promise<number>((resolve, reject) => {
			server.once('error', reject)
			server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
		})
		await new Promise((resolve) => server.close(resolve))
		if (await isFreeForUdp(port)) return port
	}
}

function isFreeForUdp(port: number): Promise<boolean> {
	const socket = createSocket('udp4')
	return new Promise((resolve) => {
		socket.once('error', () => resolve(false))
		socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
	})
}
