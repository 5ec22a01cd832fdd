import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * `pass` hands everything on; `stop` cuts connections and takes none; `slow` holds each piece back in both directions; `mute`
 * swallows everything and ends nothing, also of connections that are there: what dropped packets look like. They stay so when the
 * proxy passes again, as connections do that a NAT or a dead host has forgotten; only new ones are good.
 */
export type ProxyFault =
	| { readonly kind: 'pass' }
	| { readonly kind: 'stop' }
	| { readonly kind: 'slow'; readonly delayMs: number }
	| { readonly kind: 'mute' }

/** A TCP way to a server that can be made bad and good again. */
export class FaultProxy {
	readonly #target: { readonly host: string; readonly port: number }
	readonly #sockets = new Set<Socket>()
	/** What was swallowed is missing on both sides: nothing passes by these any more. */
	readonly #deaf = new WeakSet<Socket>()
	#server: Server | undefined
	#port = 0
	#fault: ProxyFault = { kind: 'pass' }

	private constructor(target: { readonly host: string; readonly port: number }) {
		this.#target = target
	}

	static async start(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
		const proxy = new FaultProxy(target)
		await proxy.#listen()
		return proxy
	}

	/** Port of 127.0.0.1; it stays the same when the proxy is stopped and passes again. */
	get port(): number {
		return this.#port
	}

	/** The URL of the server with the way through here. */
	urlThrough(serverUrl: string): string {
		const url = new URL(serverUrl)
		url.hostname = '127.0.0.1'
		url.port = String(this.#port)
		return url.href
	}

	async set(fault: ProxyFault): Promise<void> {
		const before = this.#fault
		this.#fault = fault
		if (fault.kind === 'stop') await this.#stop()
		else if (before.kind === 'stop') await this.#listen()
		if (before.kind === 'mute' && fault.kind !== 'mute') for (const socket of this.#sockets) this.#deaf.add(socket)
	}

	async close(): Promise<void> {
		await this.#stop()
	}

	#listen(): Promise<void> {
		const server = createServer((near) => this.#join(near))
		this.#server = server
		return new Promise((resolve, reject) => {
			server.once('error', reject)
			server.listen(this.#port, '127.0.0.1', () => {
				this.#port = (server.address() as AddressInfo).port
				resolve()
			})
		})
	}

	async #stop(): Promise<void> {
		const server = this.#server
		this.#server = undefined
		this.#cut()
		if (server) await new Promise((resolve) => server.close(resolve))
	}

	#cut(): void {
		for (const socket of this.#sockets) socket.destroy()
	}

	#join(near: Socket): void {
		const far = new Socket()
		this.#carry(near, far)
		this.#carry(far, near)
		if (this.#fault.kind !== 'mute') far.connect(this.#target)
	}

	#carry(from: Socket, to: Socket): void {
		this.#sockets.add(from)
		let last = Promise.resolve()
		// One after the other, each with its own time of arrival, so that pieces stay in order and do not add up.
		const deliver = (act: () => void) => {
			const dueMs = performance.now() + (this.#fault.kind === 'slow' ? this.#fault.delayMs : 0)
			last = last.then(async () => {
				const restMs = dueMs - performance.now()
				if (restMs > 0) await pause(restMs)
				if (this.#fault.kind !== 'mute' && !this.#deaf.has(from)) act()
			})
		}
		from.on('data', (chunk) => deliver(() => to.write(chunk)))
		from.on('end', () => deliver(() => to.end()))
		from.on('error', () => {})
		from.on('close', () => {
			this.#sockets.delete(from)
			deliver(() => to.destroy())
		})
	}
}
