import type { HoldingPhase } from '../holding/holding-phase.ts'
import type { SeenAuthentication } from '../registration/seen-authentication.ts'

/**
 * What the service does about an account's registration, as shown to tenants.
 *
 * `unregistered` nothing held; `registering` first or renewed attempt under way; `registered` bound;
 * `unregistering` removal under way; `rejected` refused in words that speak of the account, tried again after a long rest;
 * `failing` refused or unreachable for now, will be tried again.
 */
export type RegistrationState = 'unregistered' | 'registering' | 'registered' | 'unregistering' | 'rejected' | 'failing'

/** Who holds the binding now, as far as the service knows. */
export type Holder = 'device' | 'service' | 'both' | 'none'

export interface RegistrationStatus {
	readonly state: RegistrationState
	/** When this state began, epoch milliseconds. */
	readonly sinceMs: number
	/** Why, in words a tenant can act on; absent while all is well. */
	readonly reason?: string
	/** SIP status of the answer that led here, where there was one. */
	readonly sipStatus?: number
	/** Expires granted by the registrar, seconds. */
	readonly grantedExpiresSeconds?: number
	/** `false` while registered by a 2xx that does not show our contact among the bindings; absent when it does. */
	readonly confirmed?: false
	/** Shortest registration that the registrar has said it accepts (423, RFC 3261 10.2.8), seconds. */
	readonly minExpiresSeconds?: number
	/** When the next REGISTER is due, epoch milliseconds. */
	readonly nextAttemptMs?: number
	/** The transport address that REGISTERs are sent to. */
	readonly target?: string
	/** Where the change between service and devices stands; absent until somebody asked for one. */
	readonly holding?: HoldingPhase
	/** What keeps the service from holding, or a device from registering, in words; absent when nothing does. */
	readonly blockingReason?: string
	/** Mode 1: the SIP server is known to bind one contact and remove another by one REGISTER, as a whole. */
	readonly swaps?: boolean
	/** Mode 1: the service's Contact URI as it is bound, while a device may take its place by one REGISTER. */
	readonly replaceableContact?: string
	/** What the SIP server asks for, and how that changed last; absent while it has asked for nothing. */
	readonly authentication?: SeenAuthentication
	/** The account version that this state answers to. */
	readonly accountVersion: number
}

export function initialRegistrationStatus(nowMs: number): RegistrationStatus {
	return { state: 'unregistered', sinceMs: nowMs, accountVersion: 0 }
}
