import { BoundedMap } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import { type Flow, formatAddress } from '@vigil/sip-transport'
import type { Connector } from '../upstream/upstream.ts'
import { FlowBindings } from './flow-bindings.ts'

/** A connection that lived as long was a good one. */
const STABLE_MS = 30_000
/** Accounts of a connection that ended bind again within this time. */
const USUAL_SPREAD_MS = 2000
/** From the second connection on that ended soon accounts wait: twice as long each time (RFC 5626 4.5), up to this. */
const LONGEST_WAIT_MS = 600_000
/** Servers with connections that end soon, remembered at a time. */
const MOST_UNSTABLE = 10_000

export interface ServerFlowsDeps {
	readonly connector: Connector
	/** Whether the account is one that its server sees behind a NAT, so that it comes back by that flow only. */
	readonly isBehindNat: (slot: number) => boolean
	/** The flow of the account's binding is gone: bind again after `afterMs`, spread over `spreadMs`. */
	readonly onLost: (slot: number, flow: Flow, afterMs: number, spreadMs: number) => void
	/** A connection that bindings lived by has ended. */
	readonly onEnd: (flow: Flow) => void
	readonly clock: Clock
	readonly logger: Logger
}

/** The flows that bindings live by: keeps them open as the server asks, and brings accounts back when one ends. */
export class ServerFlows {
	readonly #deps: ServerFlowsDeps
	readonly #bindings: FlowBindings
	readonly #openedAtMs = new WeakMap<Flow, number>()
	/** Connections in a row that ended soon, by server. */
	readonly #unstable = new BoundedMap<string, number>(MOST_UNSTABLE)

	constructor(deps: ServerFlowsDeps) {
		this.#deps = deps
		this.#bindings = new FlowBindings({
			onUse: (flow, used) => this.#used(flow, used),
			onLost: (slots, flow, reason) => this.#lost(slots, flow, reason),
		})
	}

	/**
	 * A REGISTER of the account left by that flow. A binding that was made over a connection counts as lost with it, whatever
	 * its Contact says: registrars keep the connection beside the binding or in place of the Contact, and most do not say so.
	 */
	sent(slot: number, flow: Flow): void {
		if (flow.reliable || this.#deps.isBehindNat(slot)) this.#bindings.bind(slot, flow)
		else this.#bindings.unbind(slot)
	}

	/** The account is bound by that flow: how often the server wants to hear from us on it (RFC 5626 4.4). */
	accepted(flow: Flow, response: ResponseView): void {
		if (!flow.reliable) return
		const seconds = response.headers.get('Flow-Timer')
		if (seconds !== undefined && /^\d{1,6}$/.test(seconds.trim())) {
			this.#deps.connector.pingEvery(flow, Number(seconds) * 1000)
		}
	}

	/** The account's binding is gone. */
	unbind(slot: number): void {
		this.#bindings.unbind(slot)
	}

	#used(flow: Flow, used: boolean): void {
		if (used && !this.#openedAtMs.has(flow)) this.#openedAtMs.set(flow, this.#deps.clock.now())
		this.#deps.connector.keepOpen(flow, used)
	}

	#lost(slots: readonly number[], flow: Flow, reason: string): void {
		const { logger, onLost, onEnd } = this.#deps
		const server = formatAddress(flow.remote)
		const endedSoon = this.#countEnd(server, flow)
		const afterMs = endedSoon < 2 ? 0 : Math.min(LONGEST_WAIT_MS, USUAL_SPREAD_MS * 2 ** (endedSoon - 2))
		logger.info({ flow: server, reason, accounts: slots.length, afterMs }, 'connection to a SIP server ended')
		for (const slot of slots) onLost(slot, flow, afterMs, Math.max(USUAL_SPREAD_MS, afterMs))
		if (reason !== 'local') onEnd(flow)
	}

	/** How often in a row connections to that server ended soon. */
	#countEnd(server: string, flow: Flow): number {
		const livedMs = this.#deps.clock.now() - (this.#openedAtMs.get(flow) ?? 0)
		const count = livedMs >= STABLE_MS ? 0 : Math.min((this.#unstable.get(server) ?? 0) + 1, 30)
		if (count > 0) this.#unstable.set(server, count)
		else this.#unstable.delete(server)
		return count
	}
}
