import type { Flow } from '@vigil/sip-transport'
import type { Upstream } from '../upstream/upstream.ts'

/** Where accounts are registered. */
export interface RegisteredAt {
	/** The SIP server of an account. */
	of(slot: number): Pick<Upstream, 'hosts'> | undefined
	/** The flow that its REGISTERs take, where it is open now. */
	openFlowOf(slot: number): Flow | undefined
}

/** Where the calls of an account are expected from. */
export class InviteSources {
	readonly #servers: RegisteredAt

	constructor(servers: RegisteredAt) {
		this.#servers = servers
	}

	/** Whether it comes from an address of the account's SIP server, as last resolved, or over the flow that it is registered by. */
	isUsual(slot: number, flow: Flow): boolean {
		return this.#servers.openFlowOf(slot) === flow || (this.#servers.of(slot)?.hosts.has(flow.remote.host) ?? false)
	}
}
