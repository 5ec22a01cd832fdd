import type { Clock } from '@vigil/runtime'
import { type Flow, formatAddress, type ResolvedTarget } from '@vigil/sip-transport'
import type { UpstreamPace } from '../pacing/upstream-pace.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** Accounts are dealt over this many lanes, each with an order of its own among servers of equal rank (SRV weights). */
export const LANES = 8
/** A server that could not be reached is passed over for this long, while there are others. */
const AVOID_MS = 30_000
/** RFC 3261 17.1.2.2, 64*T1: a server that answered anybody since is alive. */
const SILENCE_MS = 32_000

/** A flow to a server, with what goes into every message over it. */
export interface Route {
	readonly flow: Flow
	/** The server's address, as `Upstream` knows it. */
	readonly address: string
	/** `host:port` of our Contact over this flow. */
	readonly contactHostPort: string
	/** Via value up to the branch. */
	readonly via: string
}

/** What an upstream needs of the sockets. */
export interface Connector {
	/** Servers in the order of RFC 3263, drawn by `random` where weights decide. Rejects with TransportError. */
	resolve(target: UpstreamTarget, random: () => number): Promise<readonly ResolvedTarget[]>
	/** Rejects with TransportError. */
	connect(target: UpstreamTarget, server: ResolvedTarget, lane: number): Promise<Route>
	/** Keeps the flow open towards a server that comes back only where requests came from; or no longer. */
	keepOpen(flow: Flow, open: boolean): void
}

interface Server {
	avoidUntilMs: number
	answeredAtMs: number
}

/** Resolved servers are asked for again after this; until the new answer is there the old one serves. */
const FRESH_MS = 60_000

/** One customer's SIP server (or domain of servers): where its accounts send just now. */
export class Upstream {
	/** `transport:host:port`, as shown to tenants. */
	readonly name: string
	readonly target: UpstreamTarget
	readonly pace: UpstreamPace
	readonly #clock: Clock
	readonly #connector: Connector
	readonly #routes = new Map<string, Route>()
	readonly #servers = new Map<string, Server>()
	#lanes: (readonly ResolvedTarget[])[] = []
	#freshUntilMs = 0
	#resolving: Promise<void> | undefined
	#mayDiffer = false

	constructor(name: string, target: UpstreamTarget, pace: UpstreamPace, clock: Clock, connector: Connector) {
		this.name = name
		this.target = target
		this.pace = pace
		this.#clock = clock
		this.#connector = connector
	}

	/** Servers known. */
	get serverCount(): number {
		return this.#lanes[0]?.length ?? 0
	}

	/** The way for an account that was failed by `skip` servers; undefined while it has to be opened first. */
	route(lane: number, skip: number): Route | undefined {
		if (this.#clock.now() >= this.#freshUntilMs) void this.#resolve().catch(() => {})
		const server = this.#choose(lane, skip)
		const route = server && this.#routes.get(this.#key(server, lane))
		return route && !route.flow.closed ? route : undefined
	}

	/** Opens the way. Rejects with TransportError. */
	async open(lane: number, skip: number): Promise<Route> {
		if (this.#lanes.length === 0) await this.#resolve()
		const server = this.#choose(lane, skip)
		if (!server) throw new Error(`${this.target.host} has no address`)
		const key = this.#key(server, lane)
		const known = this.#routes.get(key)
		if (known && !known.flow.closed) return known
		try {
			const route = await this.#connector.connect(this.target, server, lane)
			this.#routes.set(key, route)
			return route
		} catch (error) {
			this.unreachable(formatAddress(server))
			throw error
		}
	}

	/** A final answer came from there. */
	answered(address: string): void {
		const server = this.#server(address)
		server.answeredAtMs = this.#clock.now()
		server.avoidUntilMs = 0
	}

	/** It could not be reached. */
	unreachable(address: string): void {
		this.#server(address).avoidUntilMs = this.#clock.now() + AVOID_MS
	}

	/** It did not answer a request; it is avoided only when it answered nobody else meanwhile. */
	silent(address: string): void {
		if (this.#clock.now() - this.#server(address).answeredAtMs >= SILENCE_MS) this.unreachable(address)
	}

	#choose(lane: number, skip: number): ResolvedTarget | undefined {
		const servers = this.#lanes[this.#mayDiffer ? lane : 0]
		if (!servers || servers.length <= 1) return servers?.[0]
		const now = this.#clock.now()
		for (let offset = 0; offset < servers.length; offset++) {
			const server = servers[(skip + offset) % servers.length] as ResolvedTarget
			if (this.#server(formatAddress(server)).avoidUntilMs <= now) return server
		}
		return servers[skip % servers.length]
	}

	/** Flows of lanes differ where they leave by different sockets. */
	#key(server: ResolvedTarget, lane: number): string {
		return server.transport === 'udp'
			? `${server.host} ${server.port} ${lane}`
			: `${server.transport} ${server.host} ${server.port}`
	}

	#server(address: string): Server {
		let server = this.#servers.get(address)
		if (!server) {
			server = { avoidUntilMs: 0, answeredAtMs: Number.NEGATIVE_INFINITY }
			this.#servers.set(address, server)
		}
		return server
	}

	#resolve(): Promise<void> {
		this.#freshUntilMs = this.#clock.now() + FRESH_MS
		this.#resolving ??= this.#resolveLanes().finally(() => {
			this.#resolving = undefined
		})
		return this.#resolving
	}

	async #resolveLanes(): Promise<void> {
		const first = await this.#connector.resolve(this.target, draws(`${this.name} 0`))
		const lanes = [first]
		this.#mayDiffer = first.length > 1
		for (let lane = 1; lane < LANES && this.#mayDiffer; lane++) {
			lanes.push(await this.#connector.resolve(this.target, draws(`${this.name} ${lane}`)))
		}
		this.#lanes = lanes
		this.#forgetOthers(new Set(lanes.flat().map(formatAddress)))
	}

	#forgetOthers(addresses: ReadonlySet<string>): void {
		for (const address of this.#servers.keys()) if (!addresses.has(address)) this.#servers.delete(address)
		for (const [key, route] of this.#routes) if (!addresses.has(route.address)) this.#routes.delete(key)
	}
}

/** Numbers in [0, 1) that are the same for the same text: an account keeps its server while DNS says the same. */
function draws(text: string): () => number {
	let state = 0x811c9dc5
	for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
	return () => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
}
