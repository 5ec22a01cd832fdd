import { isIPv6 } from 'node:net'
import { BoundedSet } from '@vigil/domain'
import type { Clock, NamedBy } from '@vigil/runtime'
import type { UpstreamPace } from '../pacing/upstream-pace.ts'
import { ServersByHost } from './servers-by-host.ts'
import { type Connector, LANES, Upstream } from './upstream.ts'
import { targetOfUri, type UpstreamTarget, withPath } from './upstream-target.ts'

/** Servers that only a 3xx has named; the one that was named longest ago goes, so that no tenant uses up what others need. */
const MOST_REDIRECTED = 10_000

/** What of an account says where its requests go. */
export interface TargetFacts {
	readonly domain: string
	readonly transport: UpstreamTarget['transport']
	readonly webSocketPath?: string
	readonly attributes: { readonly outboundProxy?: string }
}

/** The upstream servers in use, found by what accounts say of them. */
export class Upstreams {
	readonly #clock: Clock
	readonly #connector: Connector
	readonly #newPace: () => UpstreamPace
	readonly #byName = new Map<string, Upstream>()
	readonly #byHost = new ServersByHost<Upstream>()
	/** Profiles are shared by accounts, so the object itself finds its upstream. */
	readonly #byFacts = new WeakMap<TargetFacts, Upstream>()
	/** Those that only a 3xx has named; the one that was named last is last. */
	readonly #redirected = new BoundedSet<Upstream>(MOST_REDIRECTED, (upstream) => this.#forget(upstream))
	/** Whom was asked for last, as it is mostly that. */
	#last: { readonly facts: TargetFacts; readonly upstream: Upstream } | undefined

	constructor(clock: Clock, connector: Connector, newPace: () => UpstreamPace) {
		this.#clock = clock
		this.#connector = connector
		this.#newPace = newPace
	}

	get all(): Iterable<Upstream> {
		return this.#byName.values()
	}

	/** The servers in use at an address. */
	at(host: string): Iterable<Upstream> {
		return this.#byHost.at(host)
	}

	/** The outbound proxy where one is set, else the account's domain. Throws when neither is a host or host:port. */
	of(facts: TargetFacts): Upstream {
		if (this.#last?.facts === facts) return this.#last.upstream
		const known = this.#byFacts.get(facts)
		if (known) {
			this.#last = { facts, upstream: known }
			return known
		}
		const text = facts.attributes.outboundProxy ?? facts.domain
		const found = this.#named(`sip:${text}`, facts)
		if (!found) throw new Error(`${text} is no host or host:port`)
		this.#redirected.delete(found)
		this.#byFacts.set(facts, found)
		found.serves(facts.domain)
		return found
	}

	/** Where a 3xx sent one request; undefined when it names no SIP server. */
	redirected(uri: string, usual: UpstreamTarget): Upstream | undefined {
		const known = this.#byName.size
		const facts = { transport: usual.transport, ...(usual.path && { webSocketPath: usual.path }) }
		const found = this.#named(uri, facts, 'sip-server')
		if (found && (this.#byName.size > known || this.#redirected.has(found))) this.#redirected.add(found)
		return found
	}

	/** Whoever is still sending there goes on; it is not found any more. */
	#forget(upstream: Upstream): void {
		this.#byName.delete(upstream.name)
		this.#byHost.forget(upstream)
	}

	#named(
		uri: string,
		facts: Pick<TargetFacts, 'transport' | 'webSocketPath'>,
		namedBy: NamedBy = 'account',
	): Upstream | undefined {
		const found = targetOfUri(uri, facts.transport)
		if (!found) return undefined
		const target = withPath({ ...found, namedBy }, facts.webSocketPath)
		const port = target.port === undefined ? '' : `:${target.port}`
		const host = isIPv6(target.host) ? `[${target.host}]` : target.host
		const name = `${target.transport}:${host}${port}${target.path ?? ''}`
		let upstream = this.#byName.get(name)
		if (!upstream) {
			const onMoved = (moved: Upstream, before: ReadonlySet<string>) => {
				if (this.#byName.get(name) === moved) this.#byHost.moved(moved, before)
			}
			upstream = new Upstream(name, target, this.#newPace(), this.#clock, this.#connector, onMoved)
			this.#byName.set(name, upstream)
		}
		return upstream
	}
}

/** The lane of an account, by its place in [0, 1). */
export function laneOf(phase: number): number {
	return Math.floor(phase * 1024 * LANES) % LANES
}
