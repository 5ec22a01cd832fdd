import { Socket } from 'node:net'
import { Duplex } from 'node:stream'

export type DialTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/** What ended a connection that answered nothing. */
export class SilenceError extends Error {
	readonly code = 'SILENCE'

	constructor(afterMs: number) {
		super(`no answer within ${afterMs} ms`)
		this.name = 'SilenceError'
	}
}

/**
 * A TCP or UNIX connection that is destroyed when what was written gets no answer in time. Packets that are dropped and proxies that
 * swallow end no connection, and a limit of the server's own never arrives then: the timer has to be ours. A stream of its own
 * rather than a `net.Socket`, so that TLS on top of it passes through here as well.
 */
export class WatchedSocket extends Duplex {
	readonly #socket: Socket
	readonly #answerWithinMs: number
	/** No listener: whoever puts TLS on top removes all of them. */
	readonly #onEnded: (socket: WatchedSocket) => void
	#waitsSinceMs: number | undefined
	#heardAtMs = performance.now()
	#timer: NodeJS.Timeout | undefined
	#failed = false

	/** Dials at once; `answerWithinMs` is the longest silence after a write, `onEnded` is called once. */
	constructor(target: DialTarget, answerWithinMs: number, onEnded: (socket: WatchedSocket) => void) {
		super({ allowHalfOpen: false })
		this.#answerWithinMs = answerWithinMs
		this.#onEnded = onEnded
		const socket = new Socket()
		this.#socket = socket
		socket.setNoDelay(true)
		socket.on('connect', () => this.emit('connect'))
		socket.on('data', (chunk) => {
			this.#waitsSinceMs = undefined
			this.#heardAtMs = performance.now()
			if (!this.push(chunk)) socket.pause()
		})
		socket.on('end', () => this.push(null))
		socket.on('error', (error) => this.destroy(error))
		socket.on('close', () => this.destroy())
		socket.connect(target)
	}

	/** Milliseconds since the other side was heard of. */
	get silentMs(): number {
		return performance.now() - this.#heardAtMs
	}

	get readyState(): string {
		return this.#socket.readyState
	}

	setKeepAlive(enable: boolean, initialDelayMs?: number): this {
		this.#socket.setKeepAlive(enable, initialDelayMs)
		return this
	}

	override emit(event: string | symbol, ...args: unknown[]): boolean {
		// As a socket does it: whoever counts failures learns from the event whether it was one.
		return event === 'close' ? super.emit('close', this.#failed) : super.emit(event, ...args)
	}

	override _read(): void {
		this.#socket.resume()
	}

	override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
		this.#waitsSinceMs ??= performance.now()
		this.#timer ??= setTimeout(() => this.#look(), this.#answerWithinMs)
		this.#socket.write(chunk, encoding, done)
	}

	override _final(done: () => void): void {
		this.#socket.end(done)
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		this.#failed = error !== null
		clearTimeout(this.#timer)
		this.#socket.destroy()
		this.#onEnded(this)
		done(error)
	}

	/** One timer serves many statements: it is set anew only when it fires while one waits. */
	#look(): void {
		this.#timer = undefined
		if (this.#waitsSinceMs === undefined) return
		const waitedMs = performance.now() - this.#waitsSinceMs
		if (waitedMs >= this.#answerWithinMs) this.destroy(new SilenceError(this.#answerWithinMs))
		else this.#timer = setTimeout(() => this.#look(), this.#answerWithinMs - waitedMs)
	}
}
