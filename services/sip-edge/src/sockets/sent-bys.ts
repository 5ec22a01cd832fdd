import { canonicalHost } from '@vigil/sip'
import type { RouteAddress } from '../routing/route-set.ts'

/** Every sent-by that this edge has put into a Via: few, as sockets and their addresses are. By them it knows its own Via again. */
export class SentBys {
	readonly #known = new Set<string>()

	/** The sent-by for that address. */
	of({ host, port }: RouteAddress): string {
		this.#known.add(`${canonicalHost(host)}:${port}`)
		return `${host}:${port}`
	}

	readonly isOwn = (hostPort: string): boolean => this.#known.has(hostPort)
}
