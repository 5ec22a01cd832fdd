import type { Admitted } from '@vigil/call-control'
import {
	type Account,
	type BudgetRefusal,
	type BudgetScope,
	budgetRetryAfterSeconds,
	type CallAdmission,
	type CallBid,
	type CallLimits,
	type DeviceId,
	type LoadLevel,
} from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import type { RecentRefusals } from './recent-refusals.ts'
import type { RefusalCounts } from './refusal-counts.ts'

export interface CallGateDeps {
	readonly admission: CallAdmission
	readonly refusals: RefusalCounts
	readonly recent: RecentRefusals
	/** What holds for calls to the account. */
	readonly limitsOf: (account: Account) => CallLimits
	/** What holds for calls that one device makes. */
	readonly limitsOfDevice: (account: Account) => CallLimits
	readonly load: () => LoadLevel
	readonly clock: Clock
}

/** An INVITE for an account. */
export interface IncomingInvite {
	readonly invite: SipRequest
	readonly account: Account
	/** It comes from where the account is registered. */
	readonly isFromOwnServer: boolean
}

/** Applies the budgets to INVITEs: before anything is made for them, and once more when their place is taken. */
export class CallGate {
	readonly #deps: CallGateDeps

	constructor(deps: CallGateDeps) {
		this.#deps = deps
	}

	/**
	 * The answer to an INVITE that is not taken on; undefined where it may be. `key` is that of its transaction: a copy of one that was
	 * refused hears the same.
	 */
	refusal({ invite, account, isFromOwnServer }: IncomingInvite, key: string): SipResponse | undefined {
		const { admission, recent, clock } = this.#deps
		const nowMs = clock.now()
		const known = recent.find(key, nowMs)
		if (known) return responseTo(invite, known)
		const refusal = admission.refusal(this.#bid(account, isFromOwnServer), nowMs)
		if (!refusal) return undefined
		recent.add(key, refusal, nowMs)
		this.noteRefused(account, refusal)
		return responseTo(invite, refusal)
	}

	/** Takes a place for a call to the account. */
	take({ invite, account, isFromOwnServer }: IncomingInvite): Admitted {
		return this.#take(invite, account, this.#bid(account, isFromOwnServer))
	}

	/** The same for a call that a device makes. */
	takeOutgoing(invite: SipRequest, account: Account, deviceId: DeviceId): Admitted {
		const { limitsOfDevice, load } = this.#deps
		const limits = limitsOfDevice(account)
		const { tenantId } = account
		const bid: CallBid = { partyId: deviceId, tenantId, limits, isFromOwnServer: true, load: load() }
		// What stands in the place of the account's budgets are the device's.
		return this.#take(invite, account, bid, 'device')
	}

	/** Counts a call that somebody else has refused. */
	noteRefused(account: Account, refusal: BudgetRefusal): void {
		this.#deps.refusals.note(account, refusal, this.#deps.clock.wall())
	}

	#take(invite: SipRequest, account: Account, bid: CallBid, party: BudgetScope = 'account'): Admitted {
		const { admission, clock } = this.#deps
		const taken = admission.take(bid, clock.now())
		if (typeof taken === 'function') return { release: taken }
		this.noteRefused(account, taken.scope === 'account' ? { ...taken, scope: party } : taken)
		return { refusal: responseTo(invite, taken) }
	}

	#bid(account: Account, isFromOwnServer: boolean): CallBid {
		const { limitsOf, load } = this.#deps
		const { id, tenantId } = account
		return { partyId: id, tenantId, limits: limitsOf(account), isFromOwnServer, load: load() }
	}
}

/** 486 speaks of the one who is called, 503 of us: a proxy may go elsewhere, and comes back after a while (RFC 3261 21.5.4). */
function responseTo(invite: SipRequest, refusal: BudgetRefusal): SipResponse {
	if (refusal.scope === 'account') return buildResponse(invite, 486)
	const headers = [['Retry-After', String(budgetRetryAfterSeconds(refusal))]] as const
	return buildResponse(invite, 503, undefined, { headers })
}
