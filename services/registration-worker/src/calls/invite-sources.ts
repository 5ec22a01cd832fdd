import { isIP } from 'node:net'
import type { SourceVerdict } from '@vigil/call-control'
import type { Account } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'
import type { Upstream } from '../upstream/upstream.ts'
import type { RulesOfTenants } from './rules-of-tenants.ts'

/** Where accounts are registered. */
export interface RegisteredAt {
	/** The SIP server of an account. */
	of(slot: number): Pick<Upstream, 'hosts'> | undefined
	/** The flow that its REGISTERs take, where it is open now. */
	openFlowOf(slot: number): Flow | undefined
}

/**
 * Where the requests for an account come from. Calls from other addresses than it is registered at are usual for clusters and border
 * controllers, so by default they are only noted; a tenant may have them refused.
 */
export class InviteSources {
	readonly #servers: RegisteredAt
	readonly #rules: Pick<RulesOfTenants, 'of'>

	constructor(servers: RegisteredAt, rules: Pick<RulesOfTenants, 'of'>) {
		this.#servers = servers
		this.#rules = rules
	}

	/** `usual`: from where the account is registered, or a network that its tenant names. */
	verdict(slot: number, account: Account, flow: Flow): SourceVerdict {
		const rule = this.#rules.of(account.tenantId)
		const { host } = flow.remote
		const hosts = this.#servers.of(slot)?.hosts
		if (hosts?.has(host) || this.#isRegisteredOver(slot, flow)) return 'usual'
		if (isIP(host) !== 0 && rule.networks.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) return 'usual'
		if ((account.inviteSource ?? rule.inviteSource) === 'any') return 'unusual'
		// Just after the start nobody has asked DNS yet. The server's own call must not be lost for that.
		return hosts?.size === 0 ? 'unusual' : 'refused'
	}

	/** A connection of ours: what strangers open is not worth a look at where the account's REGISTERs go. */
	#isRegisteredOver(slot: number, flow: Flow): boolean {
		return flow.reliable && flow.direction === 'outbound' && this.#servers.openFlowOf(slot) === flow
	}
}
