import type { TimerHandle } from '@vigil/runtime'
import type { Upstream } from '../upstream/upstream.ts'
import { NonceMemory } from './nonce-memory.ts'
import { SlotLists } from './slot-lists.ts'

/** Accounts of one domain at one SIP server: what that server forgets, it forgets for all of them. */
export class Neighbourhood {
	readonly number: number
	readonly upstream: Upstream
	readonly domain: string
	readonly nonces = new NonceMemory()
	/** IP address that an answer last came from. */
	host = ''
	/** Somebody was failed by the server and may wait for a long time; since then nobody was accepted, or somebody was. */
	trouble: 'none' | 'failing' | 'recovering' = 'none'
	/** How many of those that wait are let go next when the server is well again. */
	batch = 1
	nextBatchAtMs = 0
	/** How long nobody is let go after a failure. */
	restMs = 0
	failedAtMs = 0
	timer: TimerHandle | undefined
	/** Whether the server lists a binding that it has to who asks for it. */
	tells: boolean | undefined
	/** The slot that was asked for on behalf of all; -1 for none. */
	witness = -1
	witnessAtMs = 0
	/** Its binding was not listed; it has registered anew, and is asked for once more, as some servers list nothing. */
	control = false
	quietUntilMs = 0
	quietForMs = 0
	/** A sign that came while the server was not to be asked; it is asked when the quiet is over. */
	pendingSign: string | undefined
	doubtTimer: TimerHandle | undefined

	constructor(number: number, upstream: Upstream, domain: string) {
		this.number = number
		this.upstream = upstream
		this.domain = domain
	}
}

/** Who is whose neighbour. An account that stays where it is costs two comparisons. */
export class Neighbourhoods {
	readonly #byUpstream = new Map<Upstream, Map<string, Neighbourhood>>()
	readonly #byNumber = new Map<number, Neighbourhood>()
	readonly #byHost = new Map<string, Set<Neighbourhood>>()
	readonly #members = new SlotLists()
	#last = 0

	of(slot: number): Neighbourhood | undefined {
		return this.#byNumber.get(this.#members.listOf(slot))
	}

	/** The account is one of those. */
	join(slot: number, upstream: Upstream, domain: string): Neighbourhood {
		const present = this.of(slot)
		if (present?.upstream === upstream && present.domain === domain) return present
		this.leave(slot)
		const home = this.#home(upstream, domain)
		this.#members.put(slot, home.number)
		return home
	}

	/** The account has no business at its server any more. */
	leave(slot: number): void {
		const number = this.#members.remove(slot)
		if (number === 0 || !this.#members.isEmpty(number)) return
		const empty = this.#byNumber.get(number)
		if (!empty) return
		this.#byNumber.delete(number)
		this.#at(empty, '')
		const homes = this.#byUpstream.get(empty.upstream)
		homes?.delete(empty.domain)
		if (homes?.size === 0) this.#byUpstream.delete(empty.upstream)
	}

	/** An answer came from that address. */
	heardFrom(home: Neighbourhood, host: string): void {
		if (home.host !== host) this.#at(home, host)
	}

	all(): Iterable<Neighbourhood> {
		return this.#byNumber.values()
	}

	members({ number }: Neighbourhood): number[] {
		return this.#members.of(number)
	}

	/** All that were last heard from that address. */
	atHost(host: string): Neighbourhood[] {
		return [...(this.#byHost.get(host) ?? [])]
	}

	#home(upstream: Upstream, domain: string): Neighbourhood {
		const homes = this.#byUpstream.get(upstream) ?? new Map<string, Neighbourhood>()
		this.#byUpstream.set(upstream, homes)
		const known = homes.get(domain)
		if (known) return known
		const home = new Neighbourhood(++this.#last, upstream, domain)
		homes.set(domain, home)
		this.#byNumber.set(home.number, home)
		return home
	}

	#at(home: Neighbourhood, host: string): void {
		const before = this.#byHost.get(home.host)
		before?.delete(home)
		if (before?.size === 0) this.#byHost.delete(home.host)
		home.host = host
		if (host === '') return
		const there = this.#byHost.get(host)
		if (there) there.add(home)
		else this.#byHost.set(host, new Set([home]))
	}
}
