import {
	BoundedMap,
	DEFAULT_TENANT_REQUESTS_PER_SECOND,
	type DeviceId,
	type TenantId,
	TokenBucket,
} from '@vigil/domain'
import type { Caller } from '../auth/caller.ts'

export interface RequestRates {
	/** Requests a second with the keys of one tenant. */
	readonly tenantRequestsPerSecond: number
	/** Requests a second of one device: it states what it does, and asks again when it was not sure. */
	readonly deviceRequestsPerSecond: number
}

export const DEFAULT_REQUEST_RATES: RequestRates = {
	tenantRequestsPerSecond: DEFAULT_TENANT_REQUESTS_PER_SECOND,
	deviceRequestsPerSecond: 10,
}

const BURST_SECONDS = 4
/** Devices of a tenant wake and sleep by the thousand at the same hour; together they may ask so many times what its keys may. */
const DEVICES_TIMES = 5
/** An app with many lines, or one that comes back from a bad network, sends its statements in a heap. */
const DEVICE_BURST_SECONDS = 5
/** A test push rings or shows on somebody's phone. */
const TEST_PUSH_RATE = { perSecond: 0.2, burst: 5 }
/** Buckets and tokens remembered of each kind; the oldest goes, and begins anew. */
const MOST = 50_000

/** Bounds what tenants and devices ask of the control API, by token buckets. Reads no clock. */
export class RequestBudgets {
	readonly #rates: RequestRates
	readonly #tenants = new BoundedMap<TenantId, TokenBucket>(MOST)
	readonly #devicesOf = new BoundedMap<TenantId, TokenBucket>(MOST)
	readonly #devices = new BoundedMap<DeviceId, TokenBucket>(MOST)
	readonly #testPushes = new BoundedMap<DeviceId, TokenBucket>(MOST)
	/** Who a token spoke for when it was looked up last, by its digest: a flood is refused without another look-up. */
	readonly #callers = new BoundedMap<string, Caller>(MOST)

	constructor(rates: RequestRates = DEFAULT_REQUEST_RATES) {
		this.#rates = rates
	}

	/** Milliseconds that a bearer token which was seen before has to wait; 0 where it may ask. Takes nothing. */
	waitOfToken(digest: string, nowMs: number): number {
		const caller = this.#callers.get(digest)
		return caller ? Math.max(0, ...this.#bucketsOf(caller).map((bucket) => bucket.waitMs(nowMs))) : 0
	}

	/** Whether the token with that digest was right when it was looked up last, as far as is remembered. */
	knows(digest: string): boolean {
		return this.#callers.has(digest)
	}

	/** Counts one request of the caller, whose token has that digest; milliseconds to wait where there are too many, else 0. */
	take(caller: Caller, digest: string, nowMs: number): number {
		this.#callers.set(digest, caller)
		const buckets = this.#bucketsOf(caller)
		const waitMs = Math.max(0, ...buckets.map((bucket) => bucket.waitMs(nowMs)))
		if (waitMs === 0) for (const bucket of buckets) bucket.take(nowMs)
		return waitMs
	}

	/** The same for a push that a tenant sends to try a device. */
	takeTestPush(deviceId: DeviceId, nowMs: number): number {
		const bucket = bucketOf(this.#testPushes, deviceId, TEST_PUSH_RATE.perSecond, TEST_PUSH_RATE.burst)
		return bucket.take(nowMs) ? 0 : bucket.waitMs(nowMs)
	}

	#bucketsOf(caller: Caller): readonly TokenBucket[] {
		const { tenantRequestsPerSecond: perSecond, deviceRequestsPerSecond } = this.#rates
		if (caller.kind === 'admin') return []
		if (caller.kind === 'tenant') return [bucketOf(this.#tenants, caller.tenantId, perSecond)]
		const { id, tenantId } = caller.device
		return [
			bucketOf(this.#devicesOf, tenantId, perSecond * DEVICES_TIMES),
			bucketOf(this.#devices, id, deviceRequestsPerSecond, deviceRequestsPerSecond * DEVICE_BURST_SECONDS),
		]
	}
}

function bucketOf<Id>(
	buckets: BoundedMap<Id, TokenBucket>,
	id: Id,
	perSecond: number,
	burst = perSecond * BURST_SECONDS,
): TokenBucket {
	const bucket = buckets.get(id) ?? new TokenBucket({ perSecond, burst })
	buckets.set(id, bucket)
	return bucket
}
