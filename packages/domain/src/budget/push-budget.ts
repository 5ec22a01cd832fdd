import type { DeviceId, TenantId } from '../ids.ts'
import { TokenBucket } from './token-bucket.ts'

export interface PushRates {
	/** For the process. */
	readonly pushesPerSecond: number
	/** For one tenant. */
	readonly tenantPushesPerSecond: number
	/** For one device, which may be woken again and again, as it comes, answers and sleeps. */
	readonly devicePushesPerSecond: number
}

const BURST_SECONDS = 2
/** A phone that is woken rings for all calls that wait for it: more pushes than these wake it no better while it is on its way. */
const WAKE_RATE = { perSecond: 1, burst: 5 }
/** Devices and tenants remembered; the oldest is forgotten first. */
const MOST = 50_000

/** Whose budget does not allow a push. */
export type PushBudgetScope = 'device' | 'tenant' | 'process'

/** Bounds the wakes of devices, by device, tenant and process. Reads no clock. */
export class PushBudget {
	readonly #rates: PushRates
	readonly #process: TokenBucket
	readonly #tenants = new Map<TenantId, TokenBucket>()
	readonly #devices = new Map<DeviceId, DeviceBuckets>()

	constructor(rates: PushRates) {
		this.#rates = rates
		this.#process = new TokenBucket(rateOf(rates.pushesPerSecond))
	}

	/** Whether the device was pushed so often just now that a push on its way must do for further calls. */
	isCrowded(deviceId: DeviceId, nowMs: number): boolean {
		return !this.#device(deviceId).wakes.has(nowMs)
	}

	/** Takes one push; the budget that does not allow it, where there is one. */
	take(tenantId: TenantId, deviceId: DeviceId, nowMs: number): PushBudgetScope | undefined {
		const { wakes, device } = this.#device(deviceId)
		const ofTenant = () => new TokenBucket(rateOf(this.#rates.tenantPushesPerSecond))
		const tenant = kept(this.#tenants, tenantId, ofTenant)
		if (!device.has(nowMs)) return 'device'
		if (!tenant.has(nowMs)) return 'tenant'
		// The less the process has left, the less a tenant may have used of its own.
		const left = this.#process.fullness(nowMs)
		if (!this.#process.has(nowMs) || (left < 0.5 && tenant.fullness(nowMs) < 1 - left)) return 'process'
		for (const bucket of [wakes, device, tenant, this.#process]) bucket.take(nowMs)
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

function rateOf(perSecond: number) {
	return { perSecond, burst: perSecond * BURST_SECONDS }
}

function kept<Id, Bucket>(buckets: Map<Id, Bucket>, id: Id, make: () => Bucket): Bucket {
	const bucket = buckets.get(id) ?? make()
	buckets.delete(id)
	buckets.set(id, bucket)
	const [oldest] = buckets.keys()
	if (buckets.size > MOST && oldest !== undefined) buckets.delete(oldest)
	return bucket
}
