import {
	type Account,
	type AccountLimits,
	type CallLimits,
	DEFAULT_ACCOUNT_LIMITS,
	DEFAULT_PROCESS_LIMITS,
	DEFAULT_TENANT_LIMITS,
	type ProcessLimits,
	type TenantLimits,
} from '@vigil/domain'
import type { OutgoingLimits } from '../calls/outgoing/outgoing-bounds.ts'

/** What holds for accounts and tenants that nobody has set anything for, and for this process. */
export interface WorkerLimits {
	readonly account: AccountLimits
	readonly tenant: TenantLimits
	readonly process: ProcessLimits
	readonly outgoing: OutgoingLimits
	/** Messages a second of one address at the upstream sockets that is none of a SIP server of ours. */
	readonly strangerMessagesPerSecond: number
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = {
	account: DEFAULT_ACCOUNT_LIMITS,
	tenant: DEFAULT_TENANT_LIMITS,
	process: DEFAULT_PROCESS_LIMITS,
	// A phone talks, holds one and forwards another; an account is what one person has, on a few devices.
	outgoing: { perDevice: 4, perAccount: 16 },
	// Calls may come from other hosts than REGISTERs go to.
	strangerMessagesPerSecond: 500,
}

/** A person dials so often; an app that dials in a loop costs its user's money only so fast. */
const DEVICE_CALLS_PER_SECOND = 2

/** What holds for calls to an account. */
export function callLimits({ account, tenant }: WorkerLimits, _called: Account): CallLimits {
	return { account, tenant }
}

/** What holds for calls that one device makes by a line of it. */
export function deviceCallLimits(limits: WorkerLimits, line: Account): CallLimits {
	const account = { heldCalls: limits.outgoing.perDevice, callsPerSecond: DEVICE_CALLS_PER_SECOND }
	return { ...callLimits(limits, line), account }
}
