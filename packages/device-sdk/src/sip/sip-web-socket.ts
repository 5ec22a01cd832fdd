import { type Emitter, EmitterImpl, type Transport, TransportState } from 'sip.js'
import type { Timers } from '../timers.ts'
import { KeepAlive } from './keep-alive.ts'
import { original, type RequestSummary, readable, summarize } from './message-filter.ts'
import type { WebSocketFactory, WebSocketLike } from './web-socket.ts'

export interface SipWebSocketOptions {
	/** `ws://` or `wss://` URL of the edge. */
	readonly url: string
	readonly webSocket: WebSocketFactory
	readonly timers: Timers
	/** How long opening a connection may take, milliseconds. */
	readonly connectTimeoutMs: number
	/** Longest silence before a keep-alive, milliseconds. */
	readonly keepAliveMs: number
	readonly pongTimeoutMs: number
	/** Sees each request before sip.js does. */
	beforeRequest(request: RequestSummary): void
	/** sip.js failed on a message; the message is dropped, the connection stays. */
	onFault(error: unknown): void
}

/**
 * SIP over WebSocket (RFC 7118) for sip.js. One object outlives many connections, so that calls go on over the next one.
 *
 * sip.js throws on some messages while it handles them; here that costs the message only.
 */
export class SipWebSocket implements Transport {
	/** As it stands in Via. */
	readonly protocol: 'WS' | 'WSS'
	onConnect: (() => void) | undefined
	onDisconnect: ((error?: Error) => void) | undefined
	onMessage: ((message: string) => void) | undefined
	readonly #options: SipWebSocketOptions
	readonly #stateChange = new EmitterImpl<TransportState>()
	readonly #keepAlive: KeepAlive
	#state = TransportState.Disconnected
	#socket: WebSocketLike | undefined
	#silent = false
	/** What came in and was not yet handed on. */
	readonly #inbox: string[] = []
	#resting = false
	#connecting: { promise: Promise<void>; settle: (error?: Error) => void } | undefined

	/** The signature is the one that sip.js calls; its logger is not used. */
	constructor(_logger: unknown, options: SipWebSocketOptions) {
		this.#options = options
		this.protocol = options.url.startsWith('wss:') ? 'WSS' : 'WS'
		this.#keepAlive = new KeepAlive({
			timers: options.timers,
			intervalMs: options.keepAliveMs,
			pongTimeoutMs: options.pongTimeoutMs,
			ping: () => this.#socket?.send('\r\n\r\n'),
			onDead: () => this.#drop(new Error('the edge does not answer keep-alives')),
		})
	}

	get state(): TransportState {
		return this.#state
	}

	get stateChange(): Emitter<TransportState> {
		return this.#stateChange
	}

	isConnected(): boolean {
		return this.#state === TransportState.Connected
	}

	/** Opens a connection; resolves at once when there is one. */
	connect(): Promise<void> {
		if (this.isConnected()) return Promise.resolve()
		this.#connecting ??= this.#open()
		return this.#connecting.promise
	}

	/** Closes the connection without waiting for the other side's goodbye, which a dead network never brings. */
	disconnect(): Promise<void> {
		this.#drop()
		return Promise.resolve()
	}

	dispose(): Promise<void> {
		return this.disconnect()
	}

	/** Runs `fn`; what sip.js sends meanwhile goes nowhere. */
	silently(fn: () => void): void {
		this.#silent = true
		try {
			fn()
		} finally {
			this.#silent = false
		}
	}

	send(message: string): Promise<void> {
		if (this.#silent) return Promise.resolve()
		if (!this.#socket || !this.isConnected()) return Promise.reject(new Error('not connected'))
		try {
			this.#socket.send(original(message))
			return Promise.resolve()
		} catch (error) {
			return Promise.reject(error)
		}
	}

	#open(): { promise: Promise<void>; settle: (error?: Error) => void } {
		const { promise, resolve, reject } = Promise.withResolvers<void>()
		const { timers, connectTimeoutMs } = this.#options
		const timer = timers.setTimer(connectTimeoutMs, () => this.#drop(new Error('the edge did not answer in time')))
		const settle = (error?: Error) => {
			timers.clearTimer(timer)
			this.#connecting = undefined
			if (error) reject(error)
			else resolve()
		}
		this.#enter(TransportState.Connecting)
		this.#connecting = { promise, settle }
		try {
			this.#listen(this.#options.webSocket(this.#options.url, 'sip'))
		} catch (error) {
			queueMicrotask(() => this.#drop(error instanceof Error ? error : new Error(String(error))))
		}
		return this.#connecting
	}

	#listen(socket: WebSocketLike): void {
		this.#socket = socket
		socket.binaryType = 'arraybuffer'
		socket.onopen = () => this.#opened(socket)
		socket.onmessage = (event: { data: unknown }) => this.#received(socket, event.data)
		socket.onclose = () => this.#closed(socket)
		// A close event follows; the error event itself says nothing in browsers.
		socket.onerror = () => {}
	}

	#opened(socket: WebSocketLike): void {
		if (socket !== this.#socket) return
		this.#enter(TransportState.Connected)
		this.#keepAlive.start()
		this.onConnect?.()
		this.#connecting?.settle()
	}

	#closed(socket: WebSocketLike): void {
		if (socket === this.#socket) this.#drop(new Error('the connection was closed'))
	}

	/** Lets go of the connection; without an error it was our own doing. */
	#drop(error?: Error): void {
		const socket = this.#socket
		const wasConnected = this.isConnected()
		this.#socket = undefined
		this.#keepAlive.stop()
		closeQuietly(socket)
		if (this.#state === TransportState.Disconnected) return
		if (wasConnected && !error) this.#enter(TransportState.Disconnecting)
		this.#enter(TransportState.Disconnected)
		if (wasConnected) this.onDisconnect?.(error)
		this.#connecting?.settle(error ?? new Error('the connection was given up'))
	}

	#received(socket: WebSocketLike, data: unknown): void {
		if (socket !== this.#socket) return
		const text = typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer)
		const pong = /^(?:\r\n)+$/.test(text)
		this.#keepAlive.received(pong)
		if (pong || text === '') return
		this.#inbox.push(text)
		if (!this.#resting) this.#deliverAll()
	}

	#deliverAll(): void {
		for (let text = this.#inbox.shift(); text !== undefined; text = this.#inbox.shift()) {
			if (this.#deliver(text) !== 'ACK') continue
			// sip.js refuses (500) a re-INVITE that is handed to it before it has digested the ACK.
			this.#resting = true
			setTimeout(() => {
				this.#resting = false
				this.#deliverAll()
			}, 0)
			return
		}
	}

	/** Hands one message to sip.js and tells its method. */
	#deliver(text: string): string | undefined {
		try {
			const request = summarize(text)
			if (request) this.#options.beforeRequest(request)
			if (this.isConnected()) this.onMessage?.(readable(text))
			return request?.method
		} catch (error) {
			this.#options.onFault(error)
			return undefined
		}
	}

	#enter(state: TransportState): void {
		this.#state = state
		this.#stateChange.emit(state)
	}
}

function closeQuietly(socket: WebSocketLike | undefined): void {
	try {
		socket?.close(1000)
	} catch {
		// A socket that cannot be closed is closed already.
	}
}
