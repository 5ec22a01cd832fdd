import { BoundedMap, TokenBucket } from '@vigil/sip'
import type { AccountId, DeviceId, TenantId } from '../ids.ts'

export interface PushRates {
	/** For the process. */
	readonly pushesPerSecond: number
	/** For one tenant that has no other limit. */
	readonly tenantPushesPerSecond: number
	/** For one account that has no other limit. */
	readonly accountPushesPerSecond: number
	/** For one device, which may be woken again and again, as it comes, answers and sleeps. */
	readonly devicePushesPerSecond: number
}

const BURST_SECONDS = 2
/** A phone that is woken rings for all calls that wait for it: more pushes than these wake it no better while it is on its way. */
const WAKE_RATE = { perSecond: 1, burst: 5 }
/** Devices, accounts and tenants remembered; the oldest is forgotten first. */
const MOST = 50_000

/** Whose budget does not allow a push. */
export type PushBudgetScope = 'device' | 'account' | 'tenant' | 'process'

/** Pushes a second that a tenant and an account may have. */
export interface PushLimits {
	readonly tenant: number
	readonly account: number
}

/** A push that wants to be sent. */
export interface PushBid {
	readonly tenantId: TenantId
	readonly accountId: AccountId
	readonly deviceId: DeviceId
	/** What holds for tenant and account now; the rates of the process where it is absent. */
	readonly limits?: PushLimits | undefined
}

/** Bounds the wakes of devices, by device, account, tenant and process. Reads no clock. */
export class PushBudget {
	readonly #rates: PushRates
	readonly #process: TokenBucket
	readonly #tenants = new BoundedMap<TenantId, RatedBucket>(MOST)
	readonly #accounts = new BoundedMap<AccountId, RatedBucket>(MOST)
	readonly #devices = new BoundedMap<DeviceId, DeviceBuckets>(MOST)

	constructor(rates: PushRates) {
		this.#rates = rates
		this.#process = new TokenBucket(rateOf(rates.pushesPerSecond))
	}

	/** Whether the device was pushed so often just now that a push on its way must do for further calls. */
	isCrowded(deviceId: DeviceId, nowMs: number): boolean {
		return !this.#device(deviceId).wakes.has(nowMs)
	}

	/** Takes one push; the budget that does not allow it, where there is one. */
	take({ tenantId, accountId, deviceId, limits }: PushBid, nowMs: number): PushBudgetScope | undefined {
		const { tenantPushesPerSecond, accountPushesPerSecond } = this.#rates
		const { wakes, device } = this.#device(deviceId)
		const account = bucketAt(this.#accounts, accountId, limits?.account ?? accountPushesPerSecond)
		const tenant = bucketAt(this.#tenants, tenantId, limits?.tenant ?? tenantPushesPerSecond)
		if (!device.has(nowMs)) return 'device'
		if (!account.has(nowMs)) return 'account'
		if (!tenant.has(nowMs)) return 'tenant'
		// The less the process has left, the less a tenant may have used of its own.
		const left = this.#process.fullness(nowMs)
		if (!this.#process.has(nowMs) || (left < 0.5 && tenant.fullness(nowMs) < 1 - left)) return 'process'
		for (const bucket of [wakes, device, account, tenant, this.#process]) bucket.take(nowMs)
		return undefined
	}

	#device(deviceId: DeviceId): DeviceBuckets {
		return kept(this.#devices, deviceId, () => ({
			wakes: new TokenBucket(WAKE_RATE),
			device: new TokenBucket(rateOf(this.#rates.devicePushesPerSecond)),
		}))
	}
}

interface DeviceBuckets {
	readonly wakes: TokenBucket
	readonly device: TokenBucket
}

interface RatedBucket {
	readonly bucket: TokenBucket
	perSecond: number
}

/** The bucket with the limit as it is now. */
function bucketAt<Id>(buckets: BoundedMap<Id, RatedBucket>, id: Id, perSecond: number): TokenBucket {
	const rated = kept(buckets, id, () => ({ bucket: new TokenBucket(rateOf(perSecond)), perSecond }))
	if (rated.perSecond !== perSecond) rated.bucket.change(rateOf(perSecond))
	rated.perSecond = perSecond
	return rated.bucket
}

function rateOf(perSecond: number) {
	return { perSecond, burst: perSecond * BURST_SECONDS }
}

function kept<Id, Bucket>(buckets: BoundedMap<Id, Bucket>, id: Id, make: () => Bucket): Bucket {
	const bucket = buckets.get(id) ?? make()
	buckets.set(id, bucket)
	return bucket
}
