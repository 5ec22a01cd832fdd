import { BoundedSet } from '@vigil/domain'
import { type Flow, formatAddress } from '@vigil/sip-transport'

/** Servers of all accounts and of all calls; beyond it the one not heard for longest has to answer anew. */
const MOST_SERVERS = 65_536

/** Where is a SIP server at all: the flows and addresses that have answered a request of ours. */
export class RespondingServers {
	/** Each connection counts for itself: what listens at an address may be another thing the next time. */
	readonly #connections = new WeakSet<Flow>()
	readonly #addresses: BoundedSet<string>

	constructor(max: number = MOST_SERVERS) {
		this.#addresses = new BoundedSet(max)
	}

	/** A message came by a connection: whoever opened it to send us requests is a SIP party, and so is who sends us responses. */
	came(flow: Flow, kind: 'request' | 'response'): void {
		if (!flow.reliable || this.#connections.has(flow)) return
		if (flow.direction === 'inbound') this.#connections.add(flow)
		else if (kind === 'response') this.heard(flow)
	}

	/** An answer came by that flow to a request of ours: nobody could know its branch who had not got it. */
	heard(flow: Flow): void {
		if (flow.reliable) this.#connections.add(flow)
		this.#addresses.add(keyOf(flow))
	}

	/** Whether whoever is at the other end of this very flow speaks SIP. */
	has(flow: Flow): boolean {
		return flow.reliable ? this.#connections.has(flow) : this.#addresses.has(keyOf(flow))
	}

	/** Whether anything at that address has ever spoken SIP to us. */
	hasEver({ transport, remote }: Pick<Flow, 'transport' | 'remote'>): boolean {
		return this.#addresses.has(keyOf({ transport, remote }))
	}
}

function keyOf({ transport, remote }: Pick<Flow, 'transport' | 'remote'>): string {
	return `${transport} ${formatAddress(remote)}`
}
