import { BoundedMap, type Rate, type TenantId } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'
import { AimedServer, AimingTenant } from './aimed-server.ts'
import type { Urgency } from './upstream-pace.ts'

/** What one tenant may send to SIP servers that have accepted none of its REGISTERs. */
export interface AimLimits {
	/** To one of them. */
	readonly server: Rate
	/** To all of them together. */
	readonly tenant: Rate
}

const BURST_SECONDS = 4

/** The limits of so many REGISTERs a second, and a burst of four seconds. */
export function aimLimits(perServer: number, perTenant: number): AimLimits {
	return {
		server: { perSecond: perServer, burst: BURST_SECONDS * perServer },
		tenant: { perSecond: perTenant, burst: BURST_SECONDS * perTenant },
	}
}

export const DEFAULT_AIM_PER_SECOND = { server: 5, tenant: 50 } as const

/** Who waits is looked at this often. */
const LOOK_EVERY_MS = 200
/** Servers without an account that are remembered, so that nobody gets a fresh budget by going away and coming back. */
const MOST_WITHOUT_ACCOUNT = 1000
/** When it is worth telling that accounts wait. */
const TOLD_AFTER_MS = 10_000

/** `counted`: it may go, and was taken from the budget. */
export type Admission = 'free' | 'counted' | 'parked'

export interface AimedServersDeps {
	readonly clock: Clock
	readonly logger: Logger
	readonly limits: AimLimits
	/** The account may go now, as far as this is concerned. */
	readonly resume: (slot: number, urgency: Urgency) => void
}

/**
 * Keeps a tenant from aiming REGISTERs at hosts that want none (a victim's address as the domain of many accounts): to a server
 * that has accepted none of the tenant's a few go at a time, and the rest is parked until there is room, or one is accepted.
 */
export class AimedServers {
	readonly #deps: AimedServersDeps
	readonly #tenants = new Map<TenantId, AimingTenant>()
	readonly #byKey = new Map<string, AimedServer>()
	/** Those that no account is at, the longest so first. */
	readonly #withoutAccount = new BoundedMap<string, AimedServer>(MOST_WITHOUT_ACCOUNT, (key, aimed) =>
		this.#forget(key, aimed),
	)
	/** Where each account registers, by slot. */
	readonly #bySlot: (AimedServer | undefined)[] = []
	readonly #parkedAt = new Map<number, AimedServer>()
	/** Since when accounts have waited without a break, and whether that was told. */
	#waitingSinceMs = 0
	#isTold = false
	#timer: TimerHandle | undefined

	constructor(deps: AimedServersDeps) {
		this.#deps = deps
	}

	/** Accounts that wait. */
	get parked(): number {
		return this.#parkedAt.size
	}

	/** Servers that are remembered. */
	get size(): number {
		return this.#byKey.size
	}

	/** The server that the account registers at. */
	of(slot: number, tenant: TenantId, server: string): AimedServer {
		const known = this.#bySlot[slot]
		if (known !== undefined && known.name === server && known.tenant.id === tenant) return known
		const aimed = this.#named(tenant, server)
		this.release(slot)
		while (this.#bySlot.length <= slot) this.#bySlot.push(undefined)
		this.#bySlot[slot] = aimed
		if (aimed.accounts++ === 0) this.#withoutAccount.delete(keyOf(aimed.tenant.id, aimed.name))
		return aimed
	}

	/** A server that a 3xx of another one named to an account of the tenant. */
	redirected(from: AimedServer, server: string): AimedServer {
		const aimed = this.#named(from.tenant.id, server)
		from.leadsTo = aimed === from ? undefined : aimed
		return aimed
	}

	/** The account is gone. */
	release(slot: number): void {
		this.withdraw(slot)
		const aimed = this.#bySlot[slot]
		if (aimed === undefined) return
		this.#bySlot[slot] = undefined
		if (--aimed.accounts === 0) this.#withoutAccount.set(keyOf(aimed.tenant.id, aimed.name), aimed)
	}

	/**
	 * Whether the account may send to that address of its server now (undefined where none is known yet). Otherwise it is parked. A
	 * REGISTER to an address that has accepted nothing is counted.
	 */
	admit(slot: number, aimed: AimedServer, address: string | undefined, urgency: Urgency, nowMs: number): Admission {
		const { leadsTo } = aimed
		const isProven = aimed.isProvenAt(address, nowMs)
		const isBlocked = leadsTo !== undefined && !leadsTo.isProven(nowMs) && !leadsTo.hasRoom(nowMs)
		if (isBlocked || !(isProven || aimed.hasRoom(nowMs))) {
			this.#park(slot, aimed, urgency, nowMs)
			return 'parked'
		}
		this.withdraw(slot)
		if (isProven) return 'free'
		aimed.take(nowMs)
		return 'counted'
	}

	/** The account does not want to go any more. */
	withdraw(slot: number): void {
		if (this.#parkedAt.size === 0) return
		this.#parkedAt.get(slot)?.unpark(slot)
		this.#parkedAt.delete(slot)
	}

	/** A server has accepted a REGISTER at that address: who waits for it may go. */
	accepted(slot: number, aimed: AimedServer, address: string, nowMs: number): void {
		if (!aimed.accepted(address, nowMs) || this.#parkedAt.size === 0) return
		this.#resumeAll(aimed)
		const own = this.#bySlot[slot]
		if (own !== undefined && own !== aimed) this.#resumeAll(own)
	}

	close(): void {
		if (this.#timer !== undefined) this.#deps.clock.clearTimer(this.#timer)
	}

	#park(slot: number, aimed: AimedServer, urgency: Urgency, nowMs: number): void {
		if (this.#parkedAt.get(slot) !== aimed) this.withdraw(slot)
		if (this.#parkedAt.size === 0) {
			this.#waitingSinceMs = nowMs
			this.#isTold = false
		}
		this.#parkedAt.set(slot, aimed)
		aimed.park(slot, urgency)
		this.#timer ??= this.#deps.clock.setTimer(LOOK_EVERY_MS, () => this.#look())
	}

	#look(): void {
		this.#timer = undefined
		const now = this.#deps.clock.now()
		for (const tenant of this.#tenants.values()) if (tenant.waitedFor.size > 0) this.#resumeSome(tenant, now)
		if (this.#parkedAt.size === 0) return
		this.#tell(now)
		this.#timer ??= this.#deps.clock.setTimer(LOOK_EVERY_MS, () => this.#look())
	}

	/** One of each server in turns, so that none of them waits for the others. */
	#resumeSome(tenant: AimingTenant, nowMs: number): void {
		const rounds = Math.ceil((this.#deps.limits.server.perSecond * LOOK_EVERY_MS) / 1000)
		for (let round = 0; round < rounds; round++) {
			for (const aimed of [...tenant.waitedFor]) {
				if (!tenant.bucket.has(nowMs)) return
				if (!aimed.hasRoom(nowMs)) continue
				// Behind the others, if somebody still waits for it.
				tenant.waitedFor.delete(aimed)
				if (aimed.parked > 1) tenant.waitedFor.add(aimed)
				const first = aimed.takeFirst()
				if (first) this.#resume(first.slot, first.urgency)
			}
		}
	}

	/** What is parked again meanwhile waits for something else. */
	#resumeAll(aimed: AimedServer): void {
		for (const [urgency, slots] of aimed.takeAll().entries()) {
			for (const slot of slots) if (this.#parkedAt.get(slot) === aimed) this.#resume(slot, urgency as Urgency)
		}
	}

	#resume(slot: number, urgency: Urgency): void {
		this.#parkedAt.delete(slot)
		this.#deps.resume(slot, urgency)
	}

	#tell(nowMs: number): void {
		if (this.#isTold || nowMs - this.#waitingSinceMs < TOLD_AFTER_MS) return
		this.#isTold = true
		const [first] = this.#parkedAt.values()
		const facts = { accounts: this.#parkedAt.size, upstream: first?.name, tenantId: first?.tenant.id }
		this.#deps.logger.warn(facts, 'accounts wait, as SIP servers have accepted no REGISTER of their tenants')
	}

	#named(tenantId: TenantId, server: string): AimedServer {
		const key = keyOf(tenantId, server)
		const known = this.#byKey.get(key)
		if (known) return known
		const tenant = this.#tenants.get(tenantId) ?? new AimingTenant(tenantId, this.#deps.limits.tenant)
		this.#tenants.set(tenantId, tenant)
		tenant.servers++
		const aimed = new AimedServer(tenant, server, this.#deps.limits.server)
		this.#byKey.set(key, aimed)
		this.#withoutAccount.set(key, aimed)
		return aimed
	}

	#forget(key: string, { tenant }: AimedServer): void {
		this.#byKey.delete(key)
		if (--tenant.servers === 0) this.#tenants.delete(tenant.id)
	}
}

function keyOf(tenantId: TenantId, server: string): string {
	return `${tenantId} ${server}`
}
