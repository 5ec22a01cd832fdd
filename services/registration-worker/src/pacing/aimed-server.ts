import { type Rate, type TenantId, TokenBucket } from '@vigil/domain'
import { COLD, REFRESH, URGENT, type Urgency } from './upstream-pace.ts'

/** So long after its last acceptance a server counts as one that never accepted. */
const PROVEN_FOR_MS = 86_400_000
/** Addresses of one server that are remembered; the oldest goes. */
const MOST_ADDRESSES = 64
const ORDER: readonly Urgency[] = [URGENT, REFRESH, COLD]

interface Acceptance {
	readonly address: string
	atMs: number
}

/** What one tenant sends to all servers together that have accepted none of its REGISTERs. */
export class AimingTenant {
	readonly id: TenantId
	readonly bucket: TokenBucket
	/** Servers that accounts wait for. */
	readonly waitedFor = new Set<AimedServer>()
	/** Servers that are remembered. */
	servers = 0

	constructor(id: TenantId, rate: Rate) {
		this.id = id
		this.bucket = new TokenBucket(rate)
	}
}

/**
 * A SIP server as one tenant aims at it. What it accepted speaks for the address that accepted: the tenant may be the one who says
 * where the server's name leads. Elsewhere the tenant's REGISTERs have a small budget.
 */
export class AimedServer {
	readonly tenant: AimingTenant
	/** Names it in the log. */
	readonly name: string
	/** Accounts of the tenant that register at it. */
	accounts = 0
	/** Where a 3xx of it has sent the last one. */
	leadsTo: AimedServer | undefined
	readonly #bucket: TokenBucket
	#last: Acceptance | undefined
	readonly #others = new Map<string, Acceptance>()
	/** Accounts that wait for the budget, by urgency; absent while none do. */
	#parked: readonly Set<number>[] | undefined

	constructor(tenant: AimingTenant, name: string, rate: Rate) {
		this.tenant = tenant
		this.name = name
		this.#bucket = new TokenBucket(rate)
	}

	/** Whether it has accepted a REGISTER of the tenant at that address, lately enough. */
	isProvenAt(address: string | undefined, nowMs: number): boolean {
		if (address === undefined) return false
		const known = this.#last?.address === address ? this.#last : this.#others.get(address)
		return known !== undefined && nowMs - known.atMs < PROVEN_FOR_MS
	}

	/** Whether it has at any address. */
	isProven(nowMs: number): boolean {
		if (this.isProvenAt(this.#last?.address, nowMs)) return true
		for (const address of this.#others.keys()) if (this.isProvenAt(address, nowMs)) return true
		return false
	}

	/** It has accepted a REGISTER at that address. True when that is news. */
	accepted(address: string, nowMs: number): boolean {
		const isNews = !this.isProvenAt(address, nowMs)
		if (this.#last?.address === address) {
			this.#last.atMs = nowMs
			return isNews
		}
		const known = this.#others.get(address)
		this.#others.delete(address)
		if (this.#last) this.#others.set(this.#last.address, this.#last)
		this.#last = known ?? { address, atMs: nowMs }
		this.#last.atMs = nowMs
		for (const oldest of this.#others.keys()) {
			if (this.#others.size < MOST_ADDRESSES) break
			this.#others.delete(oldest)
		}
		return isNews
	}

	/** Whether the budget, its own and the tenant's, lets one more REGISTER go to an address that has accepted none. */
	hasRoom(nowMs: number): boolean {
		return this.#bucket.has(nowMs) && this.tenant.bucket.has(nowMs)
	}

	/** Counts a REGISTER to such an address; one that could not wait makes later ones wait the longer. */
	take(nowMs: number): void {
		this.#bucket.reserve(nowMs)
		this.tenant.bucket.reserve(nowMs)
	}

	/** So many that were counted were not sent, or were welcome. */
	giveBack(count: number): void {
		this.#bucket.giveBack(count)
		this.tenant.bucket.giveBack(count)
	}

	/** Accounts that wait. */
	get parked(): number {
		return this.#parked?.reduce((sum, slots) => sum + slots.size, 0) ?? 0
	}

	/** Lets the account wait; it keeps the better of its places. */
	park(slot: number, urgency: Urgency): void {
		this.#parked ??= ORDER.map(() => new Set<number>())
		for (const [at, slots] of this.#parked.entries()) {
			if (at < urgency && slots.has(slot)) return
			if (at > urgency) slots.delete(slot)
		}
		this.#parked[urgency]?.add(slot)
		this.tenant.waitedFor.add(this)
	}

	/** The account does not wait any more. */
	unpark(slot: number): void {
		for (const slots of this.#parked ?? []) slots.delete(slot)
		this.#tidy()
	}

	/** Takes the account out that is to go first. */
	takeFirst(): { readonly slot: number; readonly urgency: Urgency } | undefined {
		for (const urgency of ORDER) {
			const slots = this.#parked?.[urgency]
			const first = slots?.values().next()
			if (!slots || !first || first.done) continue
			slots.delete(first.value)
			this.#tidy()
			return { slot: first.value, urgency }
		}
		return undefined
	}

	/** Takes all out, by urgency. */
	takeAll(): readonly ReadonlySet<number>[] {
		const all = this.#parked ?? []
		this.#parked = undefined
		this.#tidy()
		return all
	}

	#tidy(): void {
		if (this.parked > 0) return
		this.#parked = undefined
		this.tenant.waitedFor.delete(this)
	}
}
