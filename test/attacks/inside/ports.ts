import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { until } from '@vigil/testkit'

const LOOPBACK = '127.0.0.1'
/** More than the shortest queue of connections holds. */
const FILLERS = 6

/** A port as somebody who looks around may find it. */
export interface Port {
	readonly port: number
	close(): Promise<unknown>
}

/** Something listens; `silent` says nothing, `hasty` hangs up as soon as it hears something. */
export async function openPort(manner: 'silent' | 'hasty'): Promise<Port> {
	const sockets = new Set<Socket>()
	const server = createServer((socket) => {
		sockets.add(socket)
		socket.on('error', () => {})
		socket.on('data', () => manner === 'hasty' && socket.destroy())
	})
	const port = await listening(server)
	const close = async () => {
		for (const socket of sockets) socket.destroy()
		server.close()
	}
	return { port, close }
}

/** Nobody listens. */
export async function closedPort(): Promise<Port> {
	const server = createServer()
	const port = await listening(server)
	server.close()
	await once(server, 'close')
	return { port, close: async () => {} }
}

/** Whoever knocks hears nothing at all: the queue of a process that was stopped is full. */
export async function filteredPort(): Promise<Port> {
	const script = `require('node:net').createServer().listen({ port: 0, host: '${LOOPBACK}', backlog: 1 }, function () { console.log(this.address().port) })`
	const child: ChildProcess = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
	const [line] = child.stdout ? await once(child.stdout, 'data') : []
	const port = Number(String(line).trim())
	child.kill('SIGSTOP')
	const fillers = Array.from({ length: FILLERS }, () => connect({ host: LOOPBACK, port }).on('error', () => {}))
	await until(() => fillers.some((filler) => !filler.connecting))
	const close = async () => {
		for (const filler of fillers) filler.destroy()
		const ended = once(child, 'exit')
		child.kill('SIGKILL')
		await ended
	}
	return { port, close }
}

async function listening(server: Server): Promise<number> {
	server.listen(0, LOOPBACK)
	await once(server, 'listening')
	return (server.address() as AddressInfo).port
}
