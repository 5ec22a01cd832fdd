/** What is known by the hosts that it has. */
interface OnHosts {
	/** Addresses without port. */
	readonly hosts: ReadonlySet<string>
}

/** Which SIP servers are at an address: several domains may be served by one, and one by several addresses. */
export class ServersByHost<Server extends OnHosts> {
	readonly #byHost = new Map<string, Set<Server>>()

	/** The server's addresses were `before` and are its `hosts` now. */
	moved(server: Server, before: ReadonlySet<string>): void {
		for (const host of before) {
			const there = this.#byHost.get(host)
			there?.delete(server)
			if (there?.size === 0) this.#byHost.delete(host)
		}
		for (const host of server.hosts) {
			const there = this.#byHost.get(host)
			if (there) there.add(server)
			else this.#byHost.set(host, new Set([server]))
		}
	}

	at(host: string): Iterable<Server> {
		return this.#byHost.get(host) ?? []
	}
}
