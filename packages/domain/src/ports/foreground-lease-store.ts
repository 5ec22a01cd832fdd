import type { AccountId, DeviceId } from '../ids.ts'

/** Foreground leases, for those who act when one lapses. */
export interface ForegroundLeaseStore {
	/**
	 * Accounts of which a device's foreground lease ended after `afterMs` and not after `untilMs`, and was not renewed. A
	 * sweep calls it with the `untilMs` of the sweep before; what effectively holds is `effectiveActivity`'s to say.
	 */
	accountsWithLapsedLease(afterMs: number, untilMs: number): Promise<readonly AccountId[]>
	/**
	 * Prolongs the leases of those devices that are in the foreground with one, each until its instant, in one statement.
	 * Never shortens one, and revives none that has lapsed by `nowMs`. Returns how many it has prolonged.
	 */
	renewLeases(untilMs: ReadonlyMap<DeviceId, number>, nowMs: number): Promise<number>
}
