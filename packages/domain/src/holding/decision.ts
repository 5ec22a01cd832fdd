import type { RegistrationMode } from '../account/account.ts'
import type { Decision, HoldingDevice } from './types.ts'

/**
 * Who should hold now, by the mode and by what the devices that a push can wake say of themselves.
 *
 * 0 standard: the service, until every device is in the foreground and says that it is registered by itself.
 * 1 emulation, 3 takeover: one binding only, so the devices as soon as any of them is in the foreground.
 * 2 continuous: always the service; devices take their calls from it.
 */
export function decide(statement: {
	readonly mode: RegistrationMode
	readonly enabled: boolean
	readonly devices: readonly HoldingDevice[]
}): Decision {
	const wakeable = statement.devices.filter((device) => device.wakeable)
	if (!statement.enabled || wakeable.length === 0) return 'off'
	switch (statement.mode) {
		case 0:
			return wakeable.every((device) => device.foreground && device.registered) ? 'devices' : 'service'
		case 1:
		case 3:
			return wakeable.some((device) => device.foreground) ? 'devices' : 'service'
		case 2:
			return 'service'
	}
}
