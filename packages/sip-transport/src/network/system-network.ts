import { createSocket, type Socket } from 'node:dgram'
import { connect, createServer, isIPv6 } from 'node:net'
import type { Address } from '../flow.ts'
import type { Network } from './network.ts'

/** Room for a burst of answers while the process does something else; the system may give less. */
const BUFFER_BYTES = 4 * 1024 * 1024

/** The sockets of the operating system. */
export const systemNetwork: Network = {
	async bind(address) {
		const family = isIPv6(address.host) ? 6 : 4
		const socket = createSocket({
			type: `udp${family}`,
			recvBufferSize: BUFFER_BYTES,
			sendBufferSize: BUFFER_BYTES,
			// Only addresses of its own family are ever sent to: no look-up for every datagram.
			lookup: (host, _options, done) => done(null, host, family),
		})
		await bound(socket, address)
		return socket
	},
	connect: (target) => connect({ ...target, noDelay: true, keepAlive: true }),
	createServer: (accept) => createServer({ noDelay: true, keepAlive: true }, accept),
}

function bound(socket: Socket, { host, port }: Address): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once('error', (error) => {
			socket.close()
			reject(error)
		})
		socket.bind({ address: host, port, exclusive: true }, () => {
			socket.removeAllListeners('error')
			resolve()
		})
	})
}
