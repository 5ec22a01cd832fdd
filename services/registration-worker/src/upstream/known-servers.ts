/** More servers than any worker talks to at a time; beyond it the one unused for longest becomes a stranger. */
const MOST_SERVERS = 65_536

/** The addresses that we send to on our own account: the customers' SIP servers. */
export class KnownServers {
	readonly #max: number
	/** Least recently used first. */
	readonly #hosts = new Set<string>()

	constructor(max: number = MOST_SERVERS) {
		this.#max = max
	}

	add(host: string): void {
		this.#hosts.delete(host)
		this.#hosts.add(host)
		if (this.#hosts.size <= this.#max) return
		const [oldest] = this.#hosts
		if (oldest !== undefined) this.#hosts.delete(oldest)
	}

	has(host: string): boolean {
		return this.#hosts.has(host)
	}
}
