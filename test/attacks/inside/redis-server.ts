import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'

const SENTINEL = 'the queue of another tenant'

/** A Redis as an operator runs it beside the service, with something in it that must not be lost. */
export class RedisServer {
	readonly host: string
	readonly port: number
	readonly #process: ChildProcess
	readonly #folder: string
	#asked = 0

	private constructor(host: string, port: number, child: ChildProcess, folder: string) {
		this.host = host
		this.port = port
		this.#process = child
		this.#folder = folder
	}

	/** Throws where none is installed. */
	static async start(host: string): Promise<RedisServer> {
		const folder = await mkdtemp(join(tmpdir(), 'vigil-redis-'))
		const port = await freePort(host)
		// As found in the field: other machines may come, and no password is asked for.
		const options = ['--bind', host, '--port', String(port), '--dir', folder, '--save', '', '--protected-mode', 'no']
		const child = spawn('redis-server', options, { stdio: 'ignore' })
		await once(child, 'spawn')
		const redis = new RedisServer(host, port, child, folder)
		await until(() =>
			redis.#ask('PING').then(
				(answer) => answer.includes('PONG'),
				() => false,
			),
		)
		await redis.#ask(`SET sentinel "${SENTINEL}"`)
		return redis
	}

	get hostPort(): string {
		return `${this.host}:${this.port}`
	}

	/** Whether what is kept is there still. */
	async isUnharmed(): Promise<boolean> {
		return (await this.#ask('GET sentinel')).includes(SENTINEL)
	}

	/** Connections of anybody but this class. */
	async connections(): Promise<number> {
		const answer = await this.#ask('INFO stats')
		return Number(/total_connections_received:(\d+)/.exec(answer)?.[1]) - this.#asked
	}

	async close(): Promise<void> {
		const ended = once(this.#process, 'exit')
		this.#process.kill()
		await ended
		await rm(this.#folder, { recursive: true, force: true })
	}

	async #ask(command: string): Promise<string> {
		const socket = connect({ host: this.host, port: this.port })
		await once(socket, 'connect')
		this.#asked++
		let text = ''
		socket.on('data', (bytes) => {
			text += bytes.toString('latin1')
		})
		socket.end(`${command}\r\nQUIT\r\n`)
		await once(socket, 'close')
		return text
	}
}

async function freePort(host: string): Promise<number> {
	const server = createServer().listen(0, host)
	await once(server, 'listening')
	const { port } = server.address() as AddressInfo
	server.close()
	await once(server, 'close')
	return port
}
