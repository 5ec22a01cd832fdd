/** What an account, or all accounts of a tenant together, may do. */
export interface TrafficLimits {
	/** Calls that wait for devices at the same time, or whose woken devices have yet to hear that they are over. */
	readonly heldCalls: number
	/** Calls that begin in a second, over time; three times as many at once. */
	readonly callsPerSecond: number
	/** Pushes for calls in a second, over time; twice as many at once. */
	readonly pushesPerSecond: number
	/** Calls that devices make at a time. */
	readonly outgoingCalls: number
}

/** What one account may have and do. */
export interface AccountLimits extends TrafficLimits {
	/** Devices that have it as a line. */
	readonly devices: number
}

/** What one tenant may have and do, whatever its accounts may. */
export interface TenantLimits extends TrafficLimits {
	/** Devices of each of its accounts. */
	readonly devicesPerAccount: number
}

/** What one process takes on, for all tenants together. */
export interface ProcessLimits {
	readonly heldCalls: number
	readonly callsPerSecond: number
	readonly pushesPerSecond: number
}

/** What holds where nobody has set anything else. A company's PBX that forks, hunts and queues stays far below. */
export const DEFAULT_ACCOUNT_LIMITS: TrafficLimits = {
	heldCalls: 30,
	callsPerSecond: 10,
	pushesPerSecond: 100,
	outgoingCalls: 16,
}
export const DEFAULT_TENANT_LIMITS: TenantLimits = {
	heldCalls: 1000,
	callsPerSecond: 100,
	pushesPerSecond: 200,
	outgoingCalls: 1000,
	devicesPerAccount: 20,
}
export const DEFAULT_PROCESS_LIMITS: ProcessLimits = { heldCalls: 4000, callsPerSecond: 300, pushesPerSecond: 600 }

/** Requests to the control API over time by the keys of one tenant; four times as many at once. */
export const DEFAULT_TENANT_REQUESTS_PER_SECOND = 100

/** Pushes for calls to one device over time; twice as many at once. */
export const DEFAULT_DEVICE_PUSHES_PER_SECOND = 10

/** How much of a second's calls may come at once. */
export const CALL_BURST_SECONDS = 3
