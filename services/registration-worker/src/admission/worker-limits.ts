import {
	type Account,
	type CallingLimits,
	type CallLimits,
	callingLimits,
	DEFAULT_ACCOUNT_LIMITS,
	DEFAULT_PROCESS_LIMITS,
	DEFAULT_TENANT_LIMITS,
	type ProcessLimits,
	type StatedTenantLimits,
	type TenantId,
} from '@vigil/domain'
import type { OutgoingLimits } from '../calls/outgoing/outgoing-bounds.ts'

/** What holds for accounts and tenants that nobody has set anything for, and for this process. */
export interface WorkerLimits extends CallingLimits {
	readonly process: ProcessLimits
	/** Calls that one device makes at a time. */
	readonly deviceOutgoingCalls: number
	/** Messages a second of one address at the upstream sockets that is none of a SIP server of ours. */
	readonly strangerMessagesPerSecond: number
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = {
	account: DEFAULT_ACCOUNT_LIMITS,
	tenant: DEFAULT_TENANT_LIMITS,
	process: DEFAULT_PROCESS_LIMITS,
	// A phone talks, holds one and forwards another; an account is what one person has, on a few devices.
	deviceOutgoingCalls: 4,
	// Calls may come from other hosts than REGISTERs go to.
	strangerMessagesPerSecond: 500,
}

/** A person dials so often; an app that dials in a loop costs its user's money only so fast. */
const DEVICE_CALLS_PER_SECOND = 2

type LimitedAccount = Pick<Account, 'tenantId' | 'limits'>

/** What holds for each account: what it and its tenant have of their own, else what the process says. */
export class AccountLimitsNow {
	readonly #limits: WorkerLimits
	readonly #ofTenant: (id: TenantId) => StatedTenantLimits | undefined

	/** `ofTenant` gives what the tenant has of its own, as it is now. */
	constructor(limits: WorkerLimits, ofTenant: (id: TenantId) => StatedTenantLimits | undefined) {
		this.#limits = limits
		this.#ofTenant = ofTenant
	}

	of({ tenantId, limits }: LimitedAccount): CallingLimits {
		return callingLimits(this.#limits, this.#ofTenant(tenantId), limits)
	}

	/** For calls that one device makes by a line of it. */
	ofDevice(line: LimitedAccount): CallLimits {
		const account = { heldCalls: this.#limits.deviceOutgoingCalls, callsPerSecond: DEVICE_CALLS_PER_SECOND }
		return { account, tenant: this.of(line).tenant }
	}

	/** How many calls may go out at a time. */
	outgoing(line: LimitedAccount): OutgoingLimits {
		const { account, tenant } = this.of(line)
		return {
			device: this.#limits.deviceOutgoingCalls,
			account: account.outgoingCalls,
			tenant: tenant.outgoingCalls,
		}
	}
}
