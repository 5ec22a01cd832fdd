import type { Clock } from '@vigil/runtime'

/** A server that failed is passed over for this long, while there are others; twice as long each time that it fails again. */
const AVOID_MS = 30_000
const LONGEST_AVOID_MS = 600_000
/** RFC 3261 17.1.2.2, 64*T1: a server that answered anybody since is alive, and one that is tried again has so long to show it. */
const SILENCE_MS = 32_000

interface Server {
	avoidUntilMs: number
	answeredAtMs: number
	/** In a row. */
	failures: number
	/** One request was let through to see whether it is back. */
	tried: boolean
}

/** Which of the servers of a domain are worth asking just now, by their addresses. */
export class ServerHealth {
	readonly #clock: Clock
	readonly #servers = new Map<string, Server>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	/** It may be asked by everybody. */
	isWell(address: string): boolean {
		return (this.#servers.get(address)?.failures ?? 0) === 0
	}

	/** It failed, and it is time to see whether it is back. */
	isDue(address: string): boolean {
		const server = this.#servers.get(address)
		return server !== undefined && server.failures > 0 && server.avoidUntilMs <= this.#clock.now()
	}

	/** One request is on its way there; others wait for what comes of it. */
	tried(address: string): void {
		const server = this.#server(address)
		server.tried = true
		server.avoidUntilMs = this.#clock.now() + SILENCE_MS
	}

	/** The way there is open, so that one request can be let through. */
	mayBeTried(address: string): void {
		this.#server(address).avoidUntilMs = this.#clock.now()
	}

	/** A final answer came from there. */
	responded(address: string, nowMs: number): void {
		const server = this.#server(address)
		server.answeredAtMs = nowMs
		server.failures = 0
		server.tried = false
	}

	/** It could not be reached. */
	unreachable(address: string): void {
		const server = this.#server(address)
		const now = this.#clock.now()
		// What was on its way there together fails together, and counts once.
		if (server.failures > 0 && !server.tried && server.avoidUntilMs > now) return
		server.failures++
		server.tried = false
		server.avoidUntilMs = now + Math.min(LONGEST_AVOID_MS, AVOID_MS * 2 ** Math.min(server.failures - 1, 10))
	}

	/** It did not answer a request; that counts only when it answered nobody else meanwhile. */
	silent(address: string): void {
		if (this.#clock.now() - this.#server(address).answeredAtMs >= SILENCE_MS) this.unreachable(address)
	}

	/** DNS names no others any more. */
	keepOnly(addresses: ReadonlySet<string>): void {
		for (const address of this.#servers.keys()) if (!addresses.has(address)) this.#servers.delete(address)
	}

	#server(address: string): Server {
		let server = this.#servers.get(address)
		if (!server) {
			server = { avoidUntilMs: 0, answeredAtMs: Number.NEGATIVE_INFINITY, failures: 0, tried: false }
			this.#servers.set(address, server)
		}
		return server
	}
}
