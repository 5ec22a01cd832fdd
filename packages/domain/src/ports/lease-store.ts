import type { AccountId, DeviceId } from '../ids.ts'

/** Foreground leases, for those who act when one lapses. */
export interface LeaseStore {
	/**
	 * Accounts of which a device's foreground lease ended after `afterMs` and not after `untilMs`, and was not renewed. A
	 * sweep calls it with the `untilMs` of the sweep before; what effectively holds is `effectiveActivity`'s to say.
	 */
	accountsWithLapsedLease(afterMs: number, untilMs: number): Promise<readonly AccountId[]>
	/** Prolongs the lease of a device that is in the foreground with one, never shortens it; true when it did. */
	renewLease(deviceId: DeviceId, untilMs: number): Promise<boolean>
}
