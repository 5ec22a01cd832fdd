import type { Clock, Logger } from '@vigil/runtime'
import type { Upstream } from '../upstream/upstream.ts'
import { type Neighbourhood, Neighbourhoods } from './neighbourhoods.ts'

/** Accounts whose server has forgotten them bind again within this time, as those of a connection that ended. */
const SPREAD_MS = 2000
/** Those who wait are let go in batches that double, at most one in this time. */
const BATCH_EVERY_MS = 1000
/** After a failure nobody is let go for so long, twice as long each time that one follows such a batch. */
const FIRST_REST_MS = 2000
const LONGEST_REST_MS = 1_800_000
/** Failures as far apart have nothing to do with each other. */
const FORGIVEN_AFTER_MS = 600_000
/** A server that has just been asked is not asked again for so long, twice as long each time that it had forgotten nothing. */
const FIRST_QUIET_MS = 10_000
const LONGEST_QUIET_MS = 1_800_000
/** Without a sign for as long after that, the next one is as good as the first. */
const QUIET_FORGIVEN_MS = 600_000
/** Where the server does not tell, its accounts register anew at most this often. */
const UNTOLD_QUIET_MS = 600_000
/** Members that are looked at for the one whose binding is the oldest. */
const MOST_LOOKED_AT = 64
/** Longer than a query takes to be given up. */
const WITNESS_MS = 120_000

export interface ServerDoubtsDeps {
	/** Asks the registrar whether it has the account's binding (`SERVER_QUERY`); false where that cannot be asked now. */
	readonly query: (slot: number) => boolean
	/** Looks soon; true where that is sooner than it would have been. */
	readonly look: (slot: number, spreadMs: number, waitingOnly: boolean) => boolean
	/** When the binding was last accepted, epoch ms; infinite where there is none. */
	readonly boundSinceMs: (slot: number) => number
	readonly clock: Clock
	readonly logger: Logger
}

/**
 * Notices servers that have forgotten their bindings. A sign alone proves nothing (`doubt`): the server is asked for the binding of
 * one account, the witness, and only where it has none all neighbours register anew. And lets accounts go sooner that wait after a
 * failure, once a neighbour was accepted: one at first, then twice as many each time, as the server may be short of breath.
 */
export class ServerDoubts {
	readonly #deps: ServerDoubtsDeps
	readonly #homes = new Neighbourhoods()

	constructor(deps: ServerDoubtsDeps) {
		this.#deps = deps
	}

	/** The account has to do with that server. */
	join(slot: number, upstream: Upstream, domain: string): Neighbourhood {
		return this.#homes.join(slot, upstream, domain)
	}

	leave(slot: number): void {
		this.#homes.leave(slot)
	}

	/** The server did not answer an account, or said that it cannot serve. */
	failed(home: Neighbourhood): void {
		const now = this.#deps.clock.now()
		const again = home.batch > 1 && now < home.failedAtMs + FORGIVEN_AFTER_MS
		home.restMs = again ? Math.min(LONGEST_REST_MS, 2 * home.restMs) : Math.max(FIRST_REST_MS, home.restMs)
		if (now >= home.failedAtMs + FORGIVEN_AFTER_MS) home.restMs = FIRST_REST_MS
		home.trouble = 'failing'
		home.failedAtMs = now
		home.batch = 1
		home.nextBatchAtMs = now + home.restMs
	}

	/** A REGISTER of the account was accepted, from that address. */
	accepted(slot: number, home: Neighbourhood, host: string, nowMs: number): void {
		this.#homes.heardFrom(home, host)
		if (home.witness === slot && home.control) this.#query(home, slot)
		if (home.trouble === 'none') return
		home.trouble = 'recovering'
		this.#recover(home, nowMs)
	}

	close(): void {
		for (const { timer, doubtTimer } of this.#homes.all()) {
			if (timer !== undefined) this.#deps.clock.clearTimer(timer)
			if (doubtTimer !== undefined) this.#deps.clock.clearTimer(doubtTimer)
		}
	}

	/** There is a sign that the server has begun anew, or lost what it had. */
	doubt(home: Neighbourhood, sign: string): void {
		const now = this.#deps.clock.now()
		const asked = home.witness >= 0 && now < home.witnessAtMs + WITNESS_MS
		if (asked || now < home.quietUntilMs) {
			home.pendingSign = sign
			if (!asked) this.#queryLater(home, now)
			return
		}
		if (now > home.quietUntilMs + QUIET_FORGIVEN_MS) home.quietForMs = 0
		if (home.tells === false) {
			this.#end(home, now + UNTOLD_QUIET_MS)
			this.#registerAll(home, sign, now)
			return
		}
		home.control = false
		home.witness = this.#witness(home)
		home.witnessAtMs = now
		if (home.witness < 0) return
		this.#deps.logger.info(
			{ upstream: home.upstream.name, domain: home.domain, sign },
			'a SIP server may have forgotten',
		)
		this.#query(home, home.witness)
	}

	/** A connection to that address ended: what came by others of its transports may be lost as well. */
	doubtHost(host: string, transport: string): void {
		for (const home of this.#homes.atHost(host)) {
			if (home.upstream.target.transport !== transport) this.doubt(home, 'a connection ended')
		}
	}

	/** Doubts the server of that account. */
	doubtOf(slot: number, sign: string): void {
		const home = this.#homes.of(slot)
		if (home) this.doubt(home, sign)
	}

	/** The answer to the query for the account's binding; undefined where there was none. */
	told(slot: number, bound: boolean | undefined): void {
		const home = this.#homes.of(slot)
		if (home?.witness !== slot) return
		const now = this.#deps.clock.now()
		if (bound === undefined) {
			home.pendingSign ??= 'it did not answer'
			this.#quieter(home, now)
		} else if (!home.control) this.#firstListing(home, slot, bound, now)
		else {
			// Its new binding is listed, so the old one would have been; or nothing is ever listed, and nobody can tell.
			home.tells = bound
			this.#end(home, now + (bound ? FIRST_QUIET_MS : UNTOLD_QUIET_MS))
			this.#registerAll(home, bound ? 'no binding was listed' : 'the server lists none', home.witnessAtMs)
		}
	}

	#firstListing(home: Neighbourhood, slot: number, bound: boolean, now: number): void {
		if (bound) {
			home.tells = true
			this.#quieter(home, now)
			return
		}
		if (home.tells) {
			this.#end(home, now + FIRST_QUIET_MS)
			this.#registerAll(home, 'no binding was listed', home.witnessAtMs)
			return
		}
		home.control = true
		this.#deps.look(slot, 0, false)
	}

	/** Nothing was found out, or nothing was lost: it is asked ever less. */
	#quieter(home: Neighbourhood, now: number): void {
		home.quietForMs = Math.min(LONGEST_QUIET_MS, Math.max(FIRST_QUIET_MS, 2 * home.quietForMs))
		this.#end(home, now + home.quietForMs)
		if (home.pendingSign !== undefined) this.#queryLater(home, now)
	}

	/** A sign must not be lost because the server has just been asked: it may have begun anew since. */
	#queryLater(home: Neighbourhood, now: number): void {
		if (home.tells === false) return
		home.doubtTimer ??= this.#deps.clock.setTimer(home.quietUntilMs - now, () => {
			home.doubtTimer = undefined
			const sign = home.pendingSign
			home.pendingSign = undefined
			if (sign !== undefined) this.doubt(home, sign)
		})
	}

	#end(home: Neighbourhood, quietUntilMs: number): void {
		home.witness = -1
		home.control = false
		home.quietUntilMs = quietUntilMs
	}

	#query(home: Neighbourhood, slot: number): void {
		if (!this.#deps.query(slot)) home.witness = -1
	}

	/** Who was bound the longest ago: one that registered after the server's new beginning proves nothing. */
	#witness(home: Neighbourhood): number {
		const members = this.#homes.members(home)
		if (members.length < 2) return -1
		let [oldest, sinceMs] = [-1, Number.POSITIVE_INFINITY]
		for (let at = 0; at < members.length && at < MOST_LOOKED_AT; at++) {
			const slot = members[at] as number
			const since = this.#deps.boundSinceMs(slot)
			if (since < sinceMs) [oldest, sinceMs] = [slot, since]
		}
		return oldest
	}

	/** All that were bound before the doubt, and others at the same address look as well. */
	#registerAll(home: Neighbourhood, sign: string, beforeMs: number): void {
		let count = 0
		for (const slot of this.#homes.members(home)) {
			if (this.#deps.boundSinceMs(slot) < beforeMs && this.#deps.look(slot, SPREAD_MS, false)) count++
		}
		home.quietForMs = 0
		home.pendingSign = undefined
		const facts = { upstream: home.upstream.name, domain: home.domain, sign, accounts: count }
		this.#deps.logger.warn(facts, 'a SIP server has forgotten its bindings: its accounts register anew')
		for (const other of this.#homes.atHost(home.host)) if (other !== home) this.doubt(other, 'a neighbour forgot')
	}

	#recover(home: Neighbourhood, now: number): void {
		if (home.trouble !== 'recovering') return
		if (now < home.nextBatchAtMs) {
			const { clock } = this.#deps
			home.timer ??= clock.setTimer(home.nextBatchAtMs - now, () => {
				home.timer = undefined
				this.#recover(home, clock.now())
			})
			return
		}
		let count = 0
		for (const slot of this.#homes.members(home)) {
			if (count === home.batch) break
			if (this.#deps.look(slot, BATCH_EVERY_MS, true)) count++
		}
		home.nextBatchAtMs = now + BATCH_EVERY_MS
		home.batch *= 2
		if (count > 0) return
		home.trouble = 'none'
		home.batch = 1
		this.doubt(home, 'it was away')
	}
}
