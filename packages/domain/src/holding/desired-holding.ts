import type { Account } from '../account/account.ts'
import { callTokens, type Device } from '../device/device.ts'

/** Why the service holds an account's registration or not. */
export type HoldingReason =
	| 'account-disabled'
	| 'push-off'
	| 'no-wakeable-device'
	| 'devices-in-foreground'
	| 'device-away'

export interface DesiredHolding {
	/** Whether the service should be bound at the upstream server now. */
	readonly hold: boolean
	readonly reason: HoldingReason
}

/**
 * Who should hold the upstream binding, from the account and what its devices state. Pure.
 *
 * Mode 0 (standard): the service holds while any device that a push can wake is not registered by
 * itself. A device in the foreground counts only once it says that it has registered: until then
 * the service stays, so that there is no moment without a binding.
 */
export function desiredHolding(
	account: Pick<Account, 'attributes' | 'disabled'>,
	devices: readonly Device[],
): DesiredHolding {
	if (account.disabled) return { hold: false, reason: 'account-disabled' }
	if (!account.attributes.pushEnabled) return { hold: false, reason: 'push-off' }
	const wakeable = devices.filter((device) => callTokens(device).length > 0)
	if (wakeable.length === 0) return { hold: false, reason: 'no-wakeable-device' }
	const away = wakeable.some((device) => !holdsByItself(device))
	return away ? { hold: true, reason: 'device-away' } : { hold: false, reason: 'devices-in-foreground' }
}

function holdsByItself(device: Device): boolean {
	return device.activity === 'foreground' && device.registeredUpstream
}
