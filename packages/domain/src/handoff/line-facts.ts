import type { Account } from '../account/account.ts'
import type { RegistrationStatus } from '../account/registration-status.ts'
import type { Device } from '../device/device.ts'
import { decide } from '../holding/decision.ts'
import { holdingDevice } from '../holding/holding-device.ts'
import type { Decision } from '../holding/types.ts'
import type { HandoffStatement, LineFacts } from './line.ts'

/** What is known of a line before its owner has acted. */
export interface KnownLine {
	readonly account: Account
	/** Every device of the account, with its effective activity. */
	readonly devices: readonly Device[]
	readonly device: Device
	readonly statement: HandoffStatement
}

/** Puts together what the answer for a line follows from. */
export function lineFacts(line: KnownLine, status: RegistrationStatus, version: number): LineFacts {
	const { account, devices, device, statement } = line
	const decision = decisionFor(account, devices)
	return {
		statement,
		mode: account.attributes.registrationMode,
		decision,
		...(decision === 'off' ? { offBecause: offBecause(account) } : {}),
		othersBound: devices.some((other) => other.id !== device.id && isBoundUpstream(other)),
		status,
		current: status.accountVersion >= version,
	}
}

/** Whether a device, with its effective activity, is bound upstream by itself. */
export function isBoundUpstream(device: Device): boolean {
	return device.activity === 'foreground' && device.registeredUpstream
}

function decisionFor({ attributes, disabled }: Account, devices: readonly Device[]): Decision {
	return decide({
		mode: attributes.registrationMode,
		enabled: attributes.pushEnabled && !disabled,
		devices: devices.map(holdingDevice),
	})
}

function offBecause({ attributes, disabled }: Account): string {
	if (disabled) return 'the account is disabled'
	if (!attributes.pushEnabled) return 'push is turned off for the account'
	return 'no device of the account has a live push token'
}
