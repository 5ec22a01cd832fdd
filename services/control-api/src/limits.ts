import { DEFAULT_ACCOUNT_LIMITS } from '@vigil/domain'

/** Bounds of what a client may send. */
export interface Limits {
	/** Largest request body, bytes. */
	readonly bodyBytes: number
	/** Enrolments per minute and client address (`sourceOf`), and as many wrong bearer tokens. */
	readonly unauthenticatedPerMinute: number
	/** Devices that may have one account as a line. */
	readonly devicesPerAccount: number
	/** How long a whole request may take to arrive, milliseconds. */
	readonly requestTimeoutMs: number
}

export const DEFAULT_LIMITS: Limits = {
	bodyBytes: 131_072,
	unauthenticatedPerMinute: 30,
	devicesPerAccount: DEFAULT_ACCOUNT_LIMITS.devices,
	requestTimeoutMs: 15_000,
}
