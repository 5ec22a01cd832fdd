import { callTokens, type Device } from '../device/device.ts'
import type { HoldingDevice } from './types.ts'

/** What a device says of itself, as far as holding goes. Its activity is taken as it stands: give it the effective one. */
export function holdingDevice(device: Device): HoldingDevice {
	const foreground = device.activity === 'foreground'
	const unregistered = device.unregisteredUpstream ?? false
	// Only a statement of the foreground has a lease, and it keeps it when that lapses.
	const hasLapsed = device.activity === 'terminated' && device.leaseUntilMs !== undefined
	return {
		foreground,
		registered: device.registeredUpstream,
		unregistered,
		wakeable: callTokens(device).length > 0,
		leaving: !foreground && !unregistered && !hasLapsed,
		swaps: device.swapsContacts ?? false,
	}
}
