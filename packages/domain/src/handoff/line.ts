import type { RegistrationMode } from '../account/account.ts'
import type { Holder, RegistrationStatus } from '../account/registration-status.ts'
import type { DeviceActivity } from '../device/device.ts'
import type { Decision } from '../holding/types.ts'

/** What a device is told to do about one line: `wait` and ask again, `attach` at the edge and take its calls there. */
export type NextStep = 'register' | 'unregister' | 'attach' | 'wait' | 'none'

/** What the device says in a handoff, about itself and its own binding upstream. */
export interface HandoffStatement {
	readonly activity: DeviceActivity
	/** It is bound at the upstream server by itself. */
	readonly bound: boolean
	/** It said that it has removed its own binding. */
	readonly unregistered: boolean
}

/** Everything that the answer for one line follows from. */
export interface LineFacts {
	readonly statement: HandoffStatement
	readonly mode: RegistrationMode
	/** Who should hold, from what every device of the account states. */
	readonly decision: Decision
	/** Why the service holds nothing, where the decision is `off`. */
	readonly offBecause?: string
	/** Another device of the same account is in the foreground and bound by itself. */
	readonly othersBound: boolean
	readonly status: RegistrationStatus
	/** The status answers to the state that this handoff brought about. */
	readonly current: boolean
}

/** What a mode makes of the facts. */
export interface LineStep {
	readonly next: NextStep
	/** There is something for the device to do, or nothing more to wait for. */
	readonly settled: boolean
	/** With `register`: the contact of ours that the device's takes the place of. */
	readonly replaceContact?: string
	/** What the device waits for, where the registration itself does not say. */
	readonly blockingReason?: string
}

export interface LineAnswer extends LineStep {
	readonly holder: Holder
	/** Why nothing is held, where the registration itself does not say. */
	readonly reason?: string
}
