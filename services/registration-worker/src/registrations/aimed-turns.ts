import type { Clock, Logger } from '@vigil/runtime'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { AimedServer } from '../pacing/aimed-server.ts'
import { AimedServers, type AimedServersDeps, type AimLimits } from '../pacing/aimed-servers.ts'
import type { Urgency } from '../pacing/upstream-pace.ts'
import type { ProbeBudget } from '../probe/probe-budget.ts'
import type { AccountServers } from './account-servers.ts'
import type { Aim, InFlightRegister } from './in-flight-registers.ts'
import type { TargetFailover } from './target-failover.ts'

export interface AimedTurnsDeps {
	readonly directory: Pick<AccountDirectory, 'profile'>
	readonly pacing: { readonly aimed: AimLimits }
	readonly clock: Clock
	readonly logger: Logger
}

/** Applies the budgets of `AimedServers` to the turns of accounts. */
export class AimedTurns {
	readonly #deps: AimedTurnsDeps
	readonly #upstreams: Pick<AccountServers, 'of' | 'lane'>
	readonly #failover: Pick<TargetFailover, 'of'>
	readonly #servers: AimedServers

	/** `resume` lets an account ask for its turn again. */
	constructor(
		deps: AimedTurnsDeps,
		upstreams: Pick<AccountServers, 'of' | 'lane'>,
		failover: Pick<TargetFailover, 'of'>,
		resume: AimedServersDeps['resume'],
	) {
		this.#deps = deps
		this.#upstreams = upstreams
		this.#failover = failover
		this.#servers = new AimedServers({ ...deps, limits: deps.pacing.aimed, resume })
	}

	/** Accounts that wait as their servers have accepted no REGISTER of their tenants. */
	get parked(): number {
		return this.#servers.parked
	}

	/** What the account's turn is aimed at; 'parked' where it is not its turn, undefined for an account without a server. */
	begin(slot: number, urgency: Urgency, nowMs: number): Aim | 'parked' | undefined {
		const server = this.#serverOf(slot)
		if (!server) return undefined
		const address = this.#upstreams.of(slot)?.addressFor(this.#upstreams.lane(slot), this.#failover.of(slot))
		const admission = this.#servers.admit(slot, server, address, urgency, nowMs)
		if (admission === 'parked') return 'parked'
		const isCounted = admission === 'counted'
		return { server, counted: isCounted ? 1 : 0, isCounted }
	}

	/** For a probe of the account's server: it counts with the tenant's other REGISTERs there. */
	probe(slot: number): ProbeBudget | undefined {
		const server = this.#serverOf(slot)
		if (!server) return undefined
		const { clock } = this.#deps
		let isCounted = false
		return {
			admits: (address) => {
				if (server.isProvenAt(address, clock.now())) return true
				isCounted = server.hasRoom(clock.now())
				if (isCounted) server.take(clock.now())
				return isCounted
			},
			sent: (address) => {
				if (!isCounted && !server.isProvenAt(address, clock.now())) server.take(clock.now())
				isCounted = false
			},
		}
	}

	/** A REGISTER of the turn goes to that address. */
	sent({ aim, path }: InFlightRegister, nowMs: number): void {
		if (aim === undefined || path === undefined) return
		if (!aim.isCounted && !aim.server.isProvenAt(path.address, nowMs)) {
			aim.server.take(nowMs)
			aim.counted++
		}
		aim.isCounted = false
	}

	/** A 3xx sends the turn elsewhere. It goes at once, and the next accounts of the server that said so wait for that. */
	redirected({ aim, upstream }: InFlightRegister): void {
		if (aim === undefined || upstream === undefined || aim.server.name === upstream.name) return
		aim.server = this.#servers.redirected(aim.server, upstream.name)
		aim.counted = 0
		aim.isCounted = false
	}

	/** Its REGISTER was accepted at that address: what it cost is given back, and who waits for the server may go. */
	accepted(slot: number, aim: Aim | undefined, address: string | undefined, nowMs: number): void {
		if (aim === undefined || address === undefined) return
		if (aim.counted > 0) aim.server.giveBack(aim.counted)
		aim.counted = 0
		this.#servers.accepted(slot, aim.server, address, nowMs)
	}

	/** The turn is over. */
	ended({ aim, attempt }: InFlightRegister): void {
		if (aim?.isCounted && attempt === 0) aim.server.giveBack(1)
	}

	/** The account does not want its turn any more. */
	withdraw(slot: number): void {
		this.#servers.withdraw(slot)
	}

	/** The account is gone. */
	release(slot: number): void {
		this.#servers.release(slot)
	}

	close(): void {
		this.#servers.close()
	}

	#serverOf(slot: number): AimedServer | undefined {
		const upstream = this.#upstreams.of(slot)
		const tenant = this.#deps.directory.profile(slot)?.tenantId
		return upstream && tenant && this.#servers.of(slot, tenant, upstream.name)
	}
}
