import type { Clock } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { Upstream, UpstreamPath } from '../upstream/upstream.ts'
import { laneOf, type Upstreams } from '../upstream/upstreams.ts'
import type { Identities } from './identities.ts'
import type { TargetFailover } from './target-failover.ts'
import { NO_SERVER } from './unsendable.ts'

export interface AccountServersDeps {
	readonly directory: Pick<AccountDirectory, 'profile'>
	readonly identities: Pick<Identities, 'phase'>
	readonly clock: Clock
}

/** The SIP servers by the accounts that name them. */
export class AccountServers {
	readonly #deps: AccountServersDeps
	readonly #upstreams: Upstreams
	readonly #failover: TargetFailover

	constructor(deps: AccountServersDeps, upstreams: Upstreams, failover: TargetFailover) {
		this.#deps = deps
		this.#upstreams = upstreams
		this.#failover = failover
	}

	/** Undefined when the account names none that can be reached. */
	of(slot: number): Upstream | undefined {
		const profile = this.#deps.directory.profile(slot)
		try {
			return profile && this.#upstreams.of(profile)
		} catch {
			return undefined
		}
	}

	/** Those at an address, whatever their port. */
	at(host: string): Iterable<Upstream> {
		return this.#upstreams.at(host)
	}

	/** Whether an account is registered at that address, whatever the port. */
	isAt(host: string): boolean {
		for (const _server of this.#upstreams.at(host)) return true
		return false
	}

	/** The lane of the account's requests. */
	lane(slot: number): number {
		return laneOf(this.#deps.identities.phase(slot))
	}

	/** The flow that REGISTERs of the account take. Rejects when there is none. */
	async flowOf(slot: number): Promise<Flow> {
		const upstream = this.of(slot)
		if (!upstream) throw new Error(NO_SERVER)
		return this.openFlowOf(slot) ?? (await upstream.open(this.lane(slot), this.#failover.of(slot))).flow
	}

	/** The same where it is open now. */
	openFlowOf(slot: number): Flow | undefined {
		return this.openPath(slot)?.flow
	}

	/** The way that REGISTERs of the account take, where it is open now. */
	openPath(slot: number): UpstreamPath | undefined {
		return this.of(slot)?.path(this.lane(slot), this.#failover.of(slot), this.#deps.clock.now())
	}

	/** Where one request goes: to its server, or there where a 3xx sent it. */
	target(slot: number, redirectUri: string | undefined): Upstream | undefined {
		const usual = this.of(slot)
		if (redirectUri === undefined || !usual) return usual
		return this.#upstreams.redirected(redirectUri, usual.target) ?? usual
	}
}
