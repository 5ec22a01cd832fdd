import { type Device, type HoldingDevice, holdingDevice, withEffectiveActivity } from '@vigil/domain'

/** What the devices say of themselves, as far as it may be believed now. */
export function holdingDevices(devices: readonly Device[], nowMs: number): HoldingDevice[] {
	return devices.map((device) => holdingDevice(withEffectiveActivity(device, nowMs)))
}

/** When the first foreground lapses that is believed now, epoch milliseconds; 0 for none. */
export function nextLeaseEndMs(devices: readonly Device[], nowMs: number): number {
	let first = 0
	for (const { activity, leaseUntilMs } of devices) {
		if (activity !== 'foreground' || leaseUntilMs === undefined || leaseUntilMs <= nowMs) continue
		if (first === 0 || leaseUntilMs < first) first = leaseUntilMs
	}
	return first
}
