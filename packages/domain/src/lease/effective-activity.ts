import type { Device, DeviceActivity } from '../device/device.ts'
import type { StatedActivity } from '../ports/device-store.ts'

type Stated = Pick<Device, 'activity' | 'leaseUntilMs'>

/**
 * What a device does, as far as may be believed: a foreground whose lease has lapsed counts as terminated, because a
 * live app would have renewed it. Without a lease a statement holds until the next one.
 */
export function effectiveActivity(device: Stated, nowMs: number): DeviceActivity {
	return hasLapsed(device, nowMs) ? 'terminated' : device.activity
}

/** The device with its effective activity in place of the stated one; the same object where they are equal. */
export function withEffectiveActivity<D extends Stated>(device: D, nowMs: number): D {
	return hasLapsed(device, nowMs) ? { ...device, activity: 'terminated' } : device
}

function hasLapsed({ activity, leaseUntilMs }: Stated, nowMs: number): boolean {
	return activity === 'foreground' && leaseUntilMs !== undefined && leaseUntilMs <= nowMs
}

/**
 * When a foreground statement that is made now lapses, epoch milliseconds; undefined when it does not.
 *
 * @param askedSeconds What the app asks for.
 * @param defaultSeconds For apps that do not ask; 0 for none.
 */
export function leaseEndMs(
	nowMs: number,
	askedSeconds: number | undefined,
	defaultSeconds: number,
): number | undefined {
	const seconds = askedSeconds ?? defaultSeconds
	return seconds > 0 ? nowMs + seconds * 1000 : undefined
}

/**
 * Whether a statement only prolongs the lease of the one before: nothing that anybody acts on has changed, and no timer
 * that somebody has set for the old end fires too late.
 */
export function isRenewal(before: StatedActivity, after: StatedActivity, nowMs: number): boolean {
	return (
		effectiveActivity(before, nowMs) === 'foreground' &&
		after.activity === 'foreground' &&
		before.registeredUpstream === after.registeredUpstream &&
		(before.unregisteredUpstream ?? false) === (after.unregisteredUpstream ?? false) &&
		(before.swapsContacts ?? false) === (after.swapsContacts ?? false) &&
		before.leaseUntilMs !== undefined &&
		after.leaseUntilMs !== undefined &&
		after.leaseUntilMs >= before.leaseUntilMs
	)
}
