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
		this.#leave(server, before)
		for (const host of server.hosts) {
			const there = this.#byHost.get(host)
			if (there) there.add(server)
			else this.#byHost.set(host, new Set([server]))
		}
	}

	/** The server is found no more. */
	forget(server: Server): void {
		this.#leave(server, server.hosts)
	}

	#leave(server: Server, hosts: ReadonlySet<string>): void {
		for (const host of hosts) {
			const there = this.#byHost.get(host)
			there?.delete(server)
			if (there?.size === 0) this.#byHost.delete(host)
		}
	}

	at(host: string): Iterable<Server> {
		return this.#byHost.get(host) ?? []
	}
}
