/** What one account may have and do at a time. */
export interface AccountLimits {
	/** Calls that wait for its devices at the same time, or whose woken devices have yet to hear that they are over. */
	readonly heldCalls: number
	/** Calls that begin in a second, over time; three times as many at once. */
	readonly callsPerSecond: number
	/** Devices that have it as a line. */
	readonly devices: number
}

/** What one tenant may have and do at a time, whatever its accounts may. */
export interface TenantLimits {
	readonly heldCalls: number
	readonly callsPerSecond: number
	/** Pushes for calls over time; twice as many at once. */
	readonly pushesPerSecond: number
	/** Requests to the control API over time, by its keys and devices; four times as many at once. */
	readonly requestsPerSecond: number
}

/** What one process takes on, for all tenants together. */
export interface ProcessLimits {
	readonly heldCalls: number
	readonly callsPerSecond: number
	readonly pushesPerSecond: number
}

/** What holds where nobody has set anything else. A company's PBX that forks, hunts and queues stays far below. */
export const DEFAULT_ACCOUNT_LIMITS: AccountLimits = { heldCalls: 30, callsPerSecond: 10, devices: 20 }
export const DEFAULT_TENANT_LIMITS: TenantLimits = {
	heldCalls: 1000,
	callsPerSecond: 100,
	pushesPerSecond: 200,
	requestsPerSecond: 100,
}
export const DEFAULT_PROCESS_LIMITS: ProcessLimits = { heldCalls: 4000, callsPerSecond: 300, pushesPerSecond: 600 }

/** Pushes for calls to one device over time; twice as many at once. */
export const DEFAULT_DEVICE_PUSHES_PER_SECOND = 10

/** How much of a second's calls may come at once. */
export const CALL_BURST_SECONDS = 3
