import { EventEmitter } from 'node:events'
import { errorOf, type SimulatedAddress, type SimulatedStream } from './simulated-stream.ts'

/** What a server needs of the network that it listens in. */
export interface ServerPlace {
	/** Takes the port, or the next free one for 0; undefined when it is taken. */
	listen(server: SimulatedServer, address: SimulatedAddress): SimulatedAddress | undefined
	leave(server: SimulatedServer): void
}

/** A listening TCP socket of the simulated network, with what a transport uses of `net.Server`. */
export class SimulatedServer extends EventEmitter {
	readonly #place: ServerPlace
	readonly #open = new Set<SimulatedStream>()
	#bound: SimulatedAddress | undefined
	#onClosed: (() => void) | undefined

	constructor(place: ServerPlace, accept: (socket: SimulatedStream) => void) {
		super()
		this.#place = place
		this.on('connection', accept)
	}

	listen(address: SimulatedAddress, listening: () => void): this {
		this.#bound = this.#place.listen(this, address)
		queueMicrotask(() => {
			if (this.#bound) listening()
			else this.emit('error', errorOf('EADDRINUSE', `${address.host}:${address.port} is taken`))
		})
		return this
	}

	address(): { readonly address: string; readonly port: number } | null {
		return this.#bound ? { address: this.#bound.host, port: this.#bound.port } : null
	}

	/** Accepts no more; `done` is called when every accepted connection is gone. */
	close(done?: () => void): this {
		this.#place.leave(this)
		this.#onClosed = done
		this.#settle()
		return this
	}

	accepted(stream: SimulatedStream): void {
		this.#open.add(stream)
		stream.once('close', () => {
			this.#open.delete(stream)
			this.#settle()
		})
		this.emit('connection', stream)
	}

	#settle(): void {
		const done = this.#onClosed
		if (!done || this.#open.size > 0) return
		this.#onClosed = undefined
		queueMicrotask(done)
	}
}
