import type { Clock } from '@vigil/runtime'
import { type Address, type Flow, formatAddress, type ResolvedTarget } from '@vigil/sip-transport'
import type { UpstreamPace } from '../pacing/upstream-pace.ts'
import { ServerHealth } from './server-health.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** Accounts are dealt over this many lanes, each with an order of its own among servers of equal rank (SRV weights). */
export const LANES = 8
/** Domains remembered of the accounts of one server (an outbound proxy may be that of many). */
const MOST_DOMAINS = 256
/** How long resolved servers are taken for granted where DNS does not say, and the bounds of what it may say. */
const FRESH = { usualMs: 60_000, leastMs: 10_000, mostMs: 3_600_000 }

/** A flow to a server, with what goes into every message over it. */
export interface UpstreamPath {
	readonly flow: Flow
	/** The server's address, as `Upstream` knows it. */
	readonly address: string
	/** `host:port` of our Contact over this flow. */
	readonly contactHostPort: string
	/** Via value up to the branch. */
	readonly via: string
	/** A REGISTER was answered over it. */
	heard?: boolean
}

/** What an upstream needs of the sockets. */
export interface Connector {
	/** Servers in the order of RFC 3263, drawn by `random` where weights decide. Rejects with TransportError. */
	resolve(target: UpstreamTarget, random: () => number): Promise<readonly ResolvedTarget[]>
	/** Rejects with TransportError. */
	connect(target: UpstreamTarget, server: ResolvedTarget, lane: number): Promise<UpstreamPath>
	/** The first answer to a REGISTER came by that flow. */
	heard(flow: Flow): void
	/** Whether a SIP server has ever answered at that address. */
	hasResponded(server: ResolvedTarget): boolean
	/** Keeps the flow open towards a server that comes back only where requests came from; or no longer. */
	keepOpen(flow: Flow, open: boolean): void
	/** The server wants to hear from us on the connection at least so often, and answers (RFC 5626 4.4.1, Flow-Timer). */
	pingEvery(flow: Flow, intervalMs: number): void
}

/** One customer's SIP server (or domain of servers): where its accounts send just now. */
export class Upstream {
	/** `transport:host:port`, as shown to tenants. */
	readonly name: string
	readonly target: UpstreamTarget
	readonly pace: UpstreamPace
	readonly #clock: Clock
	readonly #connector: Connector
	readonly #paths = new Map<string, UpstreamPath>()
	/** By lane, where there is one server only: found without a key. */
	#usual: (UpstreamPath | undefined)[] = []
	readonly #health: ServerHealth
	#lanes: (readonly ResolvedTarget[])[] = []
	#freshUntilMs = 0
	#resolving: Promise<void> | undefined
	#mayDiffer = false
	#hosts: ReadonlySet<string> = new Set()
	readonly #domains = new Set<string>()
	readonly #onMoved: (upstream: Upstream, before: ReadonlySet<string>) => void

	/** `onMoved` hears when the servers have other addresses than `before`. */
	constructor(
		name: string,
		target: UpstreamTarget,
		pace: UpstreamPace,
		clock: Clock,
		connector: Connector,
		onMoved: (upstream: Upstream, before: ReadonlySet<string>) => void = () => {},
	) {
		this.#onMoved = onMoved
		this.name = name
		this.target = target
		this.pace = pace
		this.#clock = clock
		this.#connector = connector
		this.#health = new ServerHealth(clock)
	}

	/** Servers known. */
	get serverCount(): number {
		return this.#lanes[0]?.length ?? 0
	}

	/** Addresses of the servers, as last resolved. */
	get hosts(): ReadonlySet<string> {
		return this.#hosts
	}

	/** Domains of the accounts that come here, the first so many. */
	get domains(): ReadonlySet<string> {
		return this.#domains
	}

	/** An account of that domain comes here. */
	serves(domain: string): void {
		if (this.#domains.size < MOST_DOMAINS) this.#domains.add(domain)
	}

	/** Whether one of the servers has that very address. */
	isAt({ host, port }: Address): boolean {
		return this.#lanes[0]?.some((server) => server.host === host && server.port === port) ?? false
	}

	/** The path for an account that was failed by `skip` servers; undefined while it has to be opened first. */
	path(lane: number, skip: number, nowMs: number): UpstreamPath | undefined {
		if (nowMs >= this.#freshUntilMs) void this.#resolve().catch(() => {})
		const usual = this.#usual[lane]
		if (usual && !usual.flow.closed) return usual
		const server = this.#choose(lane, skip)
		const path = server && this.#paths.get(this.#key(server, lane))
		if (!path || path.flow.closed) return undefined
		if (this.serverCount === 1) this.#usual[lane] = path
		return path
	}

	/** The address that `path` would most likely lead to; undefined while none is known. Changes nothing. */
	addressFor(lane: number, skip: number): string | undefined {
		const usual = this.#usual[lane]
		if (usual) return usual.address
		const servers = this.#lanes[this.#mayDiffer ? lane : 0] ?? []
		for (let offset = 0; offset < servers.length; offset++) {
			const address = formatAddress(servers[(skip + offset) % servers.length] as ResolvedTarget)
			if (servers.length === 1 || this.#health.isWell(address)) return address
		}
		const last = servers[skip % servers.length]
		return last && formatAddress(last)
	}

	/** Opens the path. Rejects with TransportError. */
	async open(lane: number, skip: number): Promise<UpstreamPath> {
		if (this.#lanes.length === 0) await this.#resolve()
		const server = this.#choose(lane, skip)
		if (!server) throw new Error(`${this.target.host} has no address`)
		const key = this.#key(server, lane)
		const known = this.#paths.get(key)
		if (known && !known.flow.closed) return known
		return this.#connect(server, lane)
	}

	/** A SIP server has answered over that path. */
	heard(path: UpstreamPath): void {
		if (path.heard) return
		path.heard = true
		this.#connector.heard(path.flow)
	}

	/** Whether SIP servers have answered at every address that it has now; not when it has none. */
	get isKnown(): boolean {
		const servers = this.#lanes[0] ?? []
		return servers.length > 0 && servers.every((server) => this.#connector.hasResponded(server))
	}

	/** A final answer came from there. */
	responded(address: string, nowMs: number): void {
		this.#health.responded(address, nowMs)
	}

	/** It could not be reached. */
	unreachable(address: string): void {
		this.#health.unreachable(address)
	}

	/** It did not answer a request. */
	silent(address: string): void {
		this.#health.silent(address)
	}

	#choose(lane: number, skip: number): ResolvedTarget | undefined {
		const servers = this.#lanes[this.#mayDiffer ? lane : 0]
		if (!servers || servers.length <= 1) return servers?.[0]
		for (let offset = 0; offset < servers.length; offset++) {
			const server = servers[(skip + offset) % servers.length] as ResolvedTarget
			const address = formatAddress(server)
			if (this.#health.isWell(address)) return server
			if (this.#health.isDue(address) && this.#mayTry(server, address, lane)) return server
		}
		return servers[skip % servers.length]
	}

	/** Whether the request that asks may see if a server is back; where there is no way yet, one is opened beside it. */
	#mayTry(server: ResolvedTarget, address: string, lane: number): boolean {
		this.#health.tried(address)
		const path = this.#paths.get(this.#key(server, lane))
		if (path && !path.flow.closed) return true
		this.#connect(server, lane).then(
			({ flow }) =>
				flow.reliable ? this.#health.responded(address, this.#clock.now()) : this.#health.mayBeTried(address),
			() => {},
		)
		return false
	}

	async #connect(server: ResolvedTarget, lane: number): Promise<UpstreamPath> {
		try {
			const path = await this.#connector.connect(this.target, server, lane)
			this.#paths.set(this.#key(server, lane), path)
			return path
		} catch (error) {
			this.unreachable(formatAddress(server))
			throw error
		}
	}

	/** Flows of lanes differ where they leave by different sockets. */
	#key(server: ResolvedTarget, lane: number): string {
		return server.transport === 'udp'
			? `${server.host} ${server.port} ${lane}`
			: `${server.transport} ${server.host} ${server.port}`
	}

	#resolve(): Promise<void> {
		this.#freshUntilMs = this.#clock.now() + FRESH.usualMs
		this.#resolving ??= this.#resolveLanes().finally(() => {
			this.#resolving = undefined
		})
		return this.#resolving
	}

	async #resolveLanes(): Promise<void> {
		const first = await this.#connector.resolve(this.target, draws(this.name, 0))
		const lanes = [first]
		this.#mayDiffer = first.length > 1
		for (let lane = 1; lane < LANES && this.#mayDiffer; lane++) {
			lanes.push(await this.#connector.resolve(this.target, draws(this.name, lane)))
		}
		this.#lanes = lanes
		this.#usual = []
		this.#freshUntilMs = this.#clock.now() + freshForMs(lanes.flat())
		this.#forgetOthers(new Set(lanes.flat().map(formatAddress)))
		const before = this.#hosts
		this.#hosts = new Set(lanes.flat().map(({ host }) => host))
		this.#onMoved(this, before)
	}

	#forgetOthers(addresses: ReadonlySet<string>): void {
		this.#health.keepOnly(addresses)
		for (const [key, path] of this.#paths) if (!addresses.has(path.address)) this.#paths.delete(key)
	}
}

/** As long as DNS lets the shortest-lived of them be kept. Afterwards the old ones serve until the new ones are there. */
function freshForMs(servers: readonly ResolvedTarget[]): number {
	const ttls = servers.flatMap(({ ttlSeconds }) => (ttlSeconds === undefined ? [] : [ttlSeconds * 1000]))
	if (ttls.length === 0) return FRESH.usualMs
	return Math.min(FRESH.mostMs, Math.max(FRESH.leastMs, Math.min(...ttls)))
}

/**
 * Numbers in [0, 1) that are the same for the same name and lane: an account keeps its server while DNS says the same.
 * The lanes of one name get numbers spread evenly, so that few lanes suffice to follow the weights.
 */
function draws(name: string, lane: number): () => number {
	let state = 0x811c9dc5
	for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193)
	return () => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		const bits = (mixed ^ (mixed >>> 14)) >>> 0
		const place = (lane * ((bits & 7) | 1) + (bits >>> 3)) % LANES
		return (place + bits / 2 ** 32) / LANES
	}
}
