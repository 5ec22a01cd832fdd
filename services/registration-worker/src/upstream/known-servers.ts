import { BoundedSet } from '@vigil/domain'

/** More servers than any worker talks to at a time; beyond it the one unused for longest becomes a stranger. */
const MOST_SERVERS = 65_536

/** The addresses that we send to on our own account: the customers' SIP servers. */
export class KnownServers {
	readonly #hosts: BoundedSet<string>

	constructor(max: number = MOST_SERVERS) {
		this.#hosts = new BoundedSet(max)
	}

	add(host: string): void {
		this.#hosts.add(host)
	}

	has(host: string): boolean {
		return this.#hosts.has(host)
	}
}
