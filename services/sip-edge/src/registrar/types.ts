import type { DeviceDigest, SipCredential } from '@vigil/domain'
import type { Step } from '@vigil/sip'
import type { AttemptVerdict } from '../limits/attempt-throttle.ts'
import type { RegisterContact } from './contacts.ts'
import type { NonceGuard } from './nonces.ts'
import type { RegisterRequest } from './register-request.ts'

/** The rules of this registrar. */
export interface RegistrarRules {
	/** The same on every node: a change of node must not look like another service to a device. */
	readonly realm: string
	/** Shorter is refused by a 423 (RFC 3261 10.3 step 7). */
	readonly minExpiresSeconds: number
	/** Longer is cut down to this; also what holds when the device asks for nothing. */
	readonly maxExpiresSeconds: number
	/** Told to devices that use outbound (RFC 5626 4.4.1). */
	readonly flowTimerSeconds: number
	/** Keys the nonces of this process: one from before a restart is stale, so no replay outlives the memory of it. */
	readonly nonceKey: Uint8Array
	readonly nonceMaxAgeMs: number
	/**
	 * How far ahead a stored binding expires. It is written again only when a refresh would outlive that, so refreshes
	 * write nothing as a rule; a row left by a crash is void after this at the latest.
	 */
	readonly storedLifetimeMs: number
	/** How long a refused or drained device is asked to stay away. */
	readonly retryAfterSeconds: number
}

/** The flow that a request came through, as far as the registrar cares. */
export interface FlowFacts {
	readonly id: string
	/** Whom failures are counted for and nonces are made for: the other side's address. */
	readonly source: string
}

/** A device's binding: one contact on exactly one flow. */
export interface EdgeBinding {
	readonly bindingId: string
	readonly flowId: string
	readonly contact: RegisterContact
	readonly callId: string
	readonly cseq: number
	readonly attachedAtMs: number
	readonly expiresAtMs: number
	/** What the store holds as the expiry. */
	readonly storedUntilMs: number
}

/** What is known of one device. */
export interface DeviceRegistration {
	readonly binding?: EdgeBinding
	readonly guard?: NonceGuard
	/** When the binding ends; without one, when no nonce of the guard is good any more. Undefined where nothing is known. */
	readonly dueAtMs: number | undefined
}

/** A device of which nothing is known. */
export const NOTHING_KNOWN: DeviceRegistration = { dueAtMs: undefined }

/** A REGISTER came. */
export interface RegisterInput {
	readonly type: 'register'
	readonly register: RegisterRequest
	readonly flow: FlowFacts
	/** The digests of a challenge, the first one first. */
	readonly digests: readonly DeviceDigest[]
	/** The edge is going down: what is attached may stay a while, nothing new is taken. */
	readonly draining: boolean
}

/** The answer to `open-credential`. */
export interface CredentialInput {
	readonly type: 'credential'
	readonly register: RegisterRequest
	readonly flow: FlowFacts
	/** Undefined for a device that nobody knows. */
	readonly credential: SipCredential | undefined
	/** As in `RegisterInput`. */
	readonly digests: readonly DeviceDigest[]
	/** A fresh one, used if needed. */
	readonly bindingId: string
	/** What wrong passwords from there have led to, one more of them counted: said to a wrong one, never to the right one. */
	readonly throttle: AttemptVerdict
}

export type RegistrarInput =
	| RegisterInput
	| CredentialInput
	| { readonly type: 'flow-closed'; readonly flowId: string }
	| { readonly type: 'due' }
	/** The device was deleted. */
	| { readonly type: 'device-removed' }

export type DetachCause = 'unregistered' | 'flow-closed' | 'expired' | 'device-removed'

export type HeaderPairs = readonly (readonly [name: string, value: string])[]

export type RegistrarEffect =
	| { readonly type: 'respond'; readonly status: number; readonly reason?: string; readonly headers: HeaderPairs }
	/** Look the device's password up and come back with `credential`. */
	| { readonly type: 'open-credential' }
	/** What the throttle has to count. */
	| { readonly type: 'password'; readonly right: boolean }
	/** A new binding, or a new contact on the same flow: tell the others and store it. */
	| { readonly type: 'attached'; readonly binding: EdgeBinding }
	/** Store it again, tell nobody. */
	| { readonly type: 'store'; readonly binding: EdgeBinding }
	| { readonly type: 'detached'; readonly binding: EdgeBinding; readonly cause: DetachCause }
	| { readonly type: 'close-flow'; readonly flowId: string }

export type RegistrarStep = Step<DeviceRegistration, RegistrarEffect>
