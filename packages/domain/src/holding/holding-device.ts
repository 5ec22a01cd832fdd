import { callTokens, type Device } from '../device/device.ts'
import type { HoldingDevice } from './types.ts'

/** What a device says of itself, as far as holding goes. Its activity is taken as it stands: give it the effective one. */
export function holdingDevice(device: Device): HoldingDevice {
	return {
		foreground: device.activity === 'foreground',
		registered: device.registeredUpstream,
		unregistered: device.unregisteredUpstream ?? false,
		wakeable: callTokens(device).length > 0,
	}
}
