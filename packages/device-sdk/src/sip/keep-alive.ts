import type { Timers } from '../timers.ts'

export interface KeepAliveOptions {
	readonly timers: Timers
	/** Longest silence before a ping, milliseconds. */
	readonly intervalMs: number
	/** How long a pong may take, milliseconds; RFC 5626 4.4.1 says ten seconds. */
	readonly pongTimeoutMs: number
	ping(): void
	/** The other side is gone, though the connection was not closed. */
	onDead(): void
}

/**
 * Double-CRLF pings on one connection (RFC 5626 3.5.1). A missing pong counts only where the server has answered a ping
 * before: over WebSocket nothing obliges it to (RFC 7118 6).
 */
export class KeepAlive {
	readonly #options: KeepAliveOptions
	#timer: object | undefined
	#serverPongs = false
	#waiting = false

	constructor(options: KeepAliveOptions) {
		this.#options = options
	}

	start(): void {
		this.#arm(this.#options.intervalMs, () => this.#ping())
	}

	stop(): void {
		if (this.#timer) this.#options.timers.clearTimer(this.#timer)
		this.#timer = undefined
	}

	/** Something came in; `pong` when it was CRLF only. */
	received(pong: boolean): void {
		if (!this.#timer) return
		if (pong && this.#waiting) this.#serverPongs = true
		this.#waiting = false
		this.start()
	}

	#ping(): void {
		this.#waiting = true
		this.#arm(this.#options.pongTimeoutMs, () => this.#unanswered())
		this.#options.ping()
	}

	#unanswered(): void {
		if (this.#serverPongs) this.#options.onDead()
		else this.start()
	}

	#arm(delayMs: number, fn: () => void): void {
		this.stop()
		this.#timer = this.#options.timers.setTimer(delayMs, fn)
	}
}
