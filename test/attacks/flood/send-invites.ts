import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { rawRequest } from './raw-invite.ts'

// A process of its own that sends INVITEs over UDP, evenly over some seconds, from several addresses, and counts what it hears. It
// acknowledges nothing and repeats nothing.

export interface FloodOrder {
	readonly port: number
	/** Request-URIs, taken in turn. */
	readonly targets: readonly string[]
	readonly addresses: readonly string[]
	readonly invites: number
	readonly seconds: number
}

export interface FloodReport {
	readonly sent: number
	readonly tookMs: number
	/** How often each status came. */
	readonly responses: Readonly<Record<string, number>>
}

const EVERY_MS = 10
/** Answers that are still under way when the last INVITE was sent. */
const LISTEN_AFTER_MS = 1000

async function flood({ port, targets, addresses, invites, seconds }: FloodOrder): Promise<FloodReport> {
	const responses: Record<string, number> = {}
	const sockets = await Promise.all(
		addresses.map((address) =>
			open(address, (bytes) => {
				const status = bytes.toString('latin1', 8, 11)
				responses[status] = (responses[status] ?? 0) + 1
			}),
		),
	)
	const startMs = performance.now()
	let sent = 0
	while (sent < invites) {
		const due = Math.min(invites, Math.ceil(((performance.now() - startMs) / 1000) * (invites / seconds)))
		for (; sent < due; sent++) {
			const socket = sockets[sent % sockets.length] as Socket
			const target = targets[sent % targets.length] as string
			const { address, port: own } = socket.address()
			socket.send(
				rawRequest('INVITE', { target, callId: `flood-${sent}`, from: `${address}:${own}` }),
				port,
				'127.0.0.1',
			)
		}
		await pause(EVERY_MS)
	}
	const tookMs = Math.round(performance.now() - startMs)
	await pause(LISTEN_AFTER_MS)
	for (const socket of sockets) socket.close()
	return { sent, tookMs, responses }
}

async function open(address: string, hear: (bytes: Buffer) => void): Promise<Socket> {
	const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
	socket.on('message', hear)
	socket.bind(0, address)
	await once(socket, 'listening')
	return socket
}

process.stdout.write(`${JSON.stringify(await flood(JSON.parse(process.argv[2] ?? '') as FloodOrder))}\n`)
