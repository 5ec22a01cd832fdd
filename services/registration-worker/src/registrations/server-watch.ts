import { type RegistrationEffect, type RegistrationInput, SERVER_QUERY } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { HoldingDriver } from '../holding/holding-driver.ts'
import { REFRESH, URGENT, type Urgency } from '../pacing/upstream-pace.ts'
import type { InFlightRegister } from './in-flight-registers.ts'
import type { Neighbourhood } from './neighbourhoods.ts'
import { PingWatch } from './ping-watch.ts'
import type { RegistrationTable } from './registration-table.ts'
import { ServerDoubts } from './server-doubts.ts'

/** An answer over UDP that took as long came to a copy: the server, or the way to it, was away. */
const LATE_MS = 3000
/** Accounts whose server has stopped to ping them register anew within this time. */
const PING_SPREAD_MS = 2000
/** Statuses by which a server, or a proxy before it, says that it cannot serve. */
const SERVER_TROUBLE: ReadonlySet<number> = new Set([408, 502, 503, 504])

export interface ServerWatchDeps {
	readonly directory: Pick<AccountDirectory, 'profile'>
	readonly table: RegistrationTable
	readonly holding: Pick<HoldingDriver, 'watches'>
	/** Whether the account's turn has begun and is not over. */
	readonly isInFlight: (slot: number) => boolean
	readonly step: (slot: number, input: RegistrationInput, urgency: Urgency) => void
	readonly clock: Clock
	readonly logger: Logger
}

/** Reads in what goes to and fro what it tells of the servers, and has accounts look where there is reason to. */
export class ServerWatch {
	readonly #deps: ServerWatchDeps
	readonly #doubts: ServerDoubts
	readonly #pings: PingWatch

	constructor(deps: ServerWatchDeps) {
		this.#deps = deps
		this.#doubts = new ServerDoubts({
			query: (slot) => this.#query(slot),
			look: (slot, spreadMs, waitingOnly) => this.#look(slot, spreadMs, waitingOnly),
			boundSinceMs: (slot) => this.#boundSinceMs(slot),
			clock: deps.clock,
			logger: deps.logger,
		})
		this.#pings = new PingWatch(deps.clock, (slot) => this.#look(slot, PING_SPREAD_MS, false))
	}

	/** Somebody waits for the account (a handoff, a change of it, a call): what its server says it needs before it serves again is not waited for. */
	hurry(slot: number): void {
		if (slot >= 0 && this.#deps.table.has(slot)) this.#look(slot, 0, true, URGENT)
	}

	/** The account's server has sent an OPTIONS to its Contact. */
	pinged(slot: number): void {
		if (slot >= 0 && this.#deps.table.isRegistered(slot)) this.#pings.pinged(slot)
	}

	/** Whether an answer refuses a nonce as a server does that has begun anew; to be asked before the registration takes it. */
	hasBegunAnew(slot: number, turn: InFlightRegister, { status, headers }: ResponseView): boolean {
		if ((status !== 401 && status !== 407) || turn.challenged || turn.preemptive) return false
		if (turn.nonceAgeMs === Number.POSITIVE_INFINITY) return false
		const challenge = headers.all(status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate').join(' ')
		const [held] = this.#deps.table.challenges(slot)
		return this.#home(slot, turn)?.nonces.refused(turn.nonceAgeMs, held?.challenge.realm, challenge) === true
	}

	/** A final answer came. */
	responded(slot: number, turn: InFlightRegister, status: number, hasBegunAnew: boolean): void {
		if (SERVER_TROUBLE.has(status)) this.failed(slot, turn)
		const home = hasBegunAnew ? this.#home(slot, turn) : undefined
		if (home) this.#doubts.doubt(home, 'a nonce is not known any more')
	}

	/** A REGISTER was accepted, and the account is bound. */
	accepted(slot: number, turn: InFlightRegister, nowMs: number): void {
		const home = this.#home(slot, turn)
		const flow = turn.path?.flow
		if (!home || !flow) return
		turn.pace?.recovered()
		if (!turn.challenged && turn.nonceAgeMs !== Number.POSITIVE_INFINITY) home.nonces.taken(turn.nonceAgeMs)
		this.#doubts.accepted(slot, home, flow.remote.host, nowMs)
		if (!flow.reliable && nowMs - turn.sentAtMs >= LATE_MS) this.#doubts.doubt(home, 'it was silent')
	}

	/** The server did not answer, could not be reached, or said that it cannot serve. */
	failed(slot: number, turn: InFlightRegister): void {
		const home = this.#home(slot, turn)
		if (home) this.#doubts.failed(home)
	}

	connectionEnded({ remote, transport }: Flow): void {
		this.#doubts.doubtHost(remote.host, transport)
	}

	/** What a registrar says of the account's binding; heard after the step that says it, as it leads to steps of others. */
	told(slot: number, listing: Extract<RegistrationEffect, { type: 'bindings' | 'no-bindings' }>): void {
		const bound = listing.type === 'bindings' ? listing.ours : undefined
		queueMicrotask(() => {
			if (listing.query === SERVER_QUERY) this.#doubts.told(slot, bound)
			else if (bound === false && this.#boundSinceMs(slot) !== Number.POSITIVE_INFINITY) {
				this.#doubts.doubtOf(slot, 'a binding was not listed')
			}
		})
	}

	/** The account has no business at its server any more. */
	forget(slot: number): void {
		this.#doubts.leave(slot)
		this.#pings.forget(slot)
	}

	close(): void {
		this.#doubts.close()
		this.#pings.close()
	}

	/** Gives whether the account is due sooner than it was. */
	#look(slot: number, spreadMs: number, waitingOnly: boolean, urgency: Urgency = REFRESH): boolean {
		const { table, isInFlight, step } = this.#deps
		const before = table.dueAtMs(slot)
		if (isInFlight(slot)) return false
		step(slot, { type: 'look', spreadMs, waitingOnly }, urgency)
		return table.dueAtMs(slot) < before
	}

	/** Asks the registrar for the account's binding, on behalf of its neighbours. */
	#query(slot: number): boolean {
		const { table, isInFlight, holding, step } = this.#deps
		const { phase, query } = table.load(slot, 0)
		if (phase !== 'registered' || query !== 0 || isInFlight(slot) || holding.watches(slot)) return false
		step(slot, { type: 'query-bindings', query: SERVER_QUERY, paced: true }, REFRESH)
		return true
	}

	#boundSinceMs(slot: number): number {
		const { table } = this.#deps
		return table.isRegistered(slot) ? table.acceptedAtMs(slot) : Number.POSITIVE_INFINITY
	}

	#home(slot: number, { upstream }: InFlightRegister): Neighbourhood | undefined {
		const domain = this.#deps.directory.profile(slot)?.domain
		return upstream && domain !== undefined ? this.#doubts.join(slot, upstream, domain) : undefined
	}
}
