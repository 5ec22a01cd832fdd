import type { Logger } from '../logger.ts'
import {
	decideEgress,
	type EgressRefusal,
	type EgressRequest,
	type EgressVerdict,
	type NamedBy,
} from './decide-egress.ts'
import { type EgressRules, parseEgressRules } from './egress-rules.ts'
import { type EndpointAddress, OwnEndpoints } from './own-endpoints.ts'

/** Refusals of one address are told the operator once; so many addresses are remembered for that. */
const MOST_TOLD = 1000

export interface RefusalCount {
	readonly namedBy: NamedBy
	readonly reason: EgressRefusal
	readonly count: number
}

/**
 * The one gate for addresses that tenants, SIP servers, callers and push apps name, asked after DNS resolution by whoever opens a
 * connection or sends a datagram (ADR 19). One for a process: what it listens at and where its stores are is added as that is known.
 */
export class Egress {
	readonly #rules: EgressRules
	readonly #own: OwnEndpoints
	readonly #logger: Logger | undefined
	readonly #told = new Set<string>()
	readonly #counts = new Map<string, { -readonly [Key in keyof RefusalCount]: RefusalCount[Key] }>()

	constructor(rules: EgressRules | string, logger?: Logger, own: OwnEndpoints = new OwnEndpoints()) {
		this.#rules = typeof rules === 'string' ? parseEgressRules(rules) : rules
		this.#logger = logger
		this.#own = own
	}

	/** A socket of this service: nobody reaches it through the service. */
	ownListener(address: EndpointAddress): void {
		this.#own.add('own-listener', address)
	}

	/** A database or queue of this service. */
	ownStore(address: EndpointAddress): void {
		this.#own.add('own-store', address)
	}

	/** A part of the demo beside the service, which is reached wherever it is. */
	ownDemo(address: EndpointAddress): void {
		this.#own.add('own-demo', address)
	}

	/** Counts a refusal, and tells the operator of it the first time. */
	decide(request: EgressRequest): EgressVerdict {
		const verdict = decideEgress(this.#rules, request, (address, port) => this.#own.at(address, port))
		if (!verdict.allowed) this.#refused(request, verdict)
		return verdict
	}

	/** Refusals so far, for metrics. */
	refusals(): readonly RefusalCount[] {
		return [...this.#counts.values()]
	}

	#refused(
		{ host, port, namedBy }: EgressRequest,
		{ reason, settable }: Extract<EgressVerdict, { allowed: false }>,
	): void {
		const counted = this.#counts.get(`${namedBy} ${reason}`)
		if (counted) counted.count++
		else this.#counts.set(`${namedBy} ${reason}`, { namedBy, reason, count: 1 })
		const what = `${host} ${port} ${namedBy}`
		if (this.#told.has(what)) return
		if (this.#told.size >= MOST_TOLD) this.#told.clear()
		this.#told.add(what)
		const hint = settable ? `; VIGIL_EGRESS is ${this.#rules.text} and could list it` : ''
		this.#logger?.warn({ host, port, namedBy, reason }, `an address that others named is not connected to${hint}`)
	}
}
