import { type Rate, TokenBucket } from '@vigil/sip'
import type { AccountId, DeviceId, TenantId } from '../ids.ts'
import { CALL_BURST_SECONDS, type ProcessLimits, type TrafficLimits } from './limits.ts'

/**
 * How the process fares: `strained` it is late, so those wait that take more than their part; `overloaded` it takes on nothing
 * new, so that what it has goes on.
 */
export type LoadLevel = 'normal' | 'strained' | 'overloaded'

/** Whose budget does not allow a call. */
export type BudgetScope = 'device' | 'account' | 'tenant' | 'process'

/** Which budget: calls at a time, calls a second, calls that devices make at a time, or what the process can bear. */
export type BudgetKind = 'held-calls' | 'call-rate' | 'outgoing-calls' | 'load'

export interface BudgetRefusal {
	readonly scope: BudgetScope
	readonly kind: BudgetKind
}

export interface CallLimits {
	readonly account: Pick<TrafficLimits, 'heldCalls' | 'callsPerSecond'>
	readonly tenant: Pick<TrafficLimits, 'heldCalls' | 'callsPerSecond'>
}

/** A call that wants to be taken on. */
export interface CallBid {
	/** The account that is called, or the device that calls. */
	readonly partyId: AccountId | DeviceId
	readonly tenantId: TenantId
	readonly limits: CallLimits
	/** It comes from where the account is registered; others leave half of the account's budgets to those that do. */
	readonly isFromOwnServer: boolean
	readonly load: LoadLevel
}

/** Calls of an account or tenant, or of all. */
class Use {
	held = 0
	readonly bucket: TokenBucket
	#perSecond: number

	constructor(perSecond: number) {
		this.#perSecond = perSecond
		this.bucket = new TokenBucket(rateOf(perSecond))
	}

	/** The same with the limit as it is now. */
	at(perSecond: number): this {
		if (perSecond !== this.#perSecond) this.bucket.change(rateOf(perSecond))
		this.#perSecond = perSecond
		return this
	}
}

/** Accounts and tenants remembered that have no call; the oldest is forgotten first. */
const MAX_IDLE = 20_000
/** Below it the process lets only those on that are within their own part. */
const HALF = 0.5

/**
 * Decides which calls are taken on, by the budgets of account, tenant and process. Reads no clock. A tenant gets no more than its own
 * budget, and once half of the process's is in use no more than its part of what is left, so that nobody's flood is felt by others.
 */
export class CallAdmission {
	readonly #limits: Pick<ProcessLimits, 'heldCalls' | 'callsPerSecond'>
	readonly #parties = new Map<AccountId | DeviceId, Use>()
	readonly #tenants = new Map<TenantId, Use>()
	readonly #process: Use
	/** Tenants that hold calls. */
	#busyTenants = 0

	constructor(limits: Pick<ProcessLimits, 'heldCalls' | 'callsPerSecond'>) {
		this.#limits = limits
		this.#process = new Use(limits.callsPerSecond)
	}

	/** Calls that hold a place. */
	get held(): number {
		return this.#process.held
	}

	/** Why the call is not taken on now; undefined where it may be. Takes nothing. */
	refusal(bid: CallBid, nowMs: number): BudgetRefusal | undefined {
		if (bid.load === 'overloaded') return { scope: 'process', kind: 'load' }
		const [account, tenant] = this.#usesOf(bid)
		return (
			accountRefusal(account, bid, nowMs) ??
			tenantRefusal(tenant, bid, nowMs) ??
			this.#processRefusal(tenant, bid, nowMs)
		)
	}

	/** Takes a place for the call, to be given back once by calling what is returned; a refusal where there is none. */
	take(bid: CallBid, nowMs: number): (() => void) | BudgetRefusal {
		const refusal = this.refusal(bid, nowMs)
		if (refusal) return refusal
		const [account, tenant] = this.#usesOf(bid)
		const uses = [account, tenant, this.#process]
		if (tenant.held === 0) this.#busyTenants++
		for (const use of uses) {
			use.held++
			use.bucket.take(nowMs)
		}
		remember(this.#parties, bid.partyId, account)
		remember(this.#tenants, bid.tenantId, tenant)
		let isTaken = true
		return () => {
			if (!isTaken) return
			isTaken = false
			for (const use of uses) use.held--
			if (tenant.held === 0) this.#busyTenants--
		}
	}

	#usesOf({ partyId, tenantId, limits }: CallBid): [account: Use, tenant: Use] {
		return [
			useOf(this.#parties, partyId, limits.account.callsPerSecond),
			useOf(this.#tenants, tenantId, limits.tenant.callsPerSecond),
		]
	}

	#processRefusal(tenant: Use, { load }: CallBid, nowMs: number): BudgetRefusal | undefined {
		const { heldCalls } = this.#limits
		const { held, bucket } = this.#process
		if (held >= heldCalls) return { scope: 'process', kind: 'held-calls' }
		if (!bucket.has(nowMs)) return { scope: 'process', kind: 'call-rate' }
		// Parts of what is left, with one for whoever has no call yet: the last place never goes to who has many.
		const part = (2 * (heldCalls - held)) / (this.#busyTenants + (tenant.held === 0 ? 2 : 1))
		if (held >= heldCalls * HALF && tenant.held >= part) return { scope: 'tenant', kind: 'held-calls' }
		return tenant.bucket.fullness(nowMs) < leastFullness(bucket.fullness(nowMs), load)
			? { scope: 'tenant', kind: 'call-rate' }
			: undefined
	}
}

/** The less the process has left, the less a tenant may have used of its own: who has used nothing always finds some. */
function leastFullness(ofProcess: number, load: LoadLevel): number {
	if (ofProcess < HALF) return 1 - ofProcess
	return load === 'strained' ? HALF : 0
}

function accountRefusal({ held, bucket }: Use, bid: CallBid, nowMs: number): BudgetRefusal | undefined {
	const { heldCalls } = bid.limits.account
	const places = bid.isFromOwnServer ? heldCalls : Math.ceil(heldCalls * HALF)
	if (held >= places) return { scope: 'account', kind: 'held-calls' }
	const isTooFast = bid.isFromOwnServer ? !bucket.has(nowMs) : bucket.fullness(nowMs) <= HALF
	return isTooFast ? { scope: 'account', kind: 'call-rate' } : undefined
}

function tenantRefusal({ held, bucket }: Use, { limits }: CallBid, nowMs: number): BudgetRefusal | undefined {
	if (held >= limits.tenant.heldCalls) return { scope: 'tenant', kind: 'held-calls' }
	return bucket.has(nowMs) ? undefined : { scope: 'tenant', kind: 'call-rate' }
}

function useOf<Id>(uses: ReadonlyMap<Id, Use>, id: Id, perSecond: number): Use {
	return uses.get(id)?.at(perSecond) ?? new Use(perSecond)
}

/** As the latest; beyond the bound the oldest without calls goes, which gives it a full burst again. */
function remember<Id>(uses: Map<Id, Use>, id: Id, use: Use): void {
	uses.delete(id)
	uses.set(id, use)
	if (uses.size <= MAX_IDLE) return
	for (const [other, { held }] of uses) {
		if (held > 0) continue
		uses.delete(other)
		return
	}
}

function rateOf(perSecond: number): Rate {
	return { perSecond, burst: Math.max(1, perSecond * CALL_BURST_SECONDS) }
}

/** Seconds after which a refused caller may try again: a rate recovers within one, held calls when some of them end. */
export function budgetRetryAfterSeconds({ kind }: BudgetRefusal): number {
	return kind === 'call-rate' ? 1 : 5
}
