import type { DigestAlgorithm, HeaderPair, SipRequest } from '@vigil/sip'
import type { RegisterContact, RegistrationSettings } from './registration-rules.ts'
import type { WireOptions, WirePeer } from './sip-wire.ts'

/** What the registrar does with a REGISTER instead of its duty. */
export type RegistrarReaction =
	/** Refuses, for example 403, 404, 423 with Min-Expires, 503 with Retry-After. */
	| {
			readonly kind: 'refuse'
			readonly status: number
			readonly reason?: string
			readonly headers?: readonly HeaderPair[]
	  }
	/** Says nothing, as if the request had been lost. */
	| { readonly kind: 'drop' }
	/** Does its duty and answers late. */
	| { readonly kind: 'delay'; readonly delayMs: number }

/** What the server says to every REGISTER while it starts: 503 with that Retry-After, for so long. FreeSWITCH: 300 s for two seconds. */
export interface StartPhase {
	readonly lastsMs: number
	readonly retryAfterSeconds: number
}

export interface RegistrarOptions extends WireOptions, Partial<RegistrationSettings> {
	/** How it starts; default ready at once. */
	readonly startPhase?: StartPhase
	/** Users and their passwords. */
	readonly users?: Readonly<Record<string, string>>
	/** Digest realm; default `example.test`. */
	readonly realm?: string
	/** Offered digest algorithms, the strongest first; default SHA-256 and MD5. */
	readonly algorithms?: readonly DigestAlgorithm[]
	readonly qop?: 'auth' | 'none'
	readonly nonceLifetimeMs?: number
	/** Each nonce serves one request, so that every refresh is challenged anew with `stale=true`; default no. */
	readonly oneTimeNonces?: boolean
	/** Name the nonce of the next request on success (RFC 7616 3.5); default no. */
	readonly nextNonce?: boolean
	/** Challenge INVITEs that say they are from one of the users; default no. */
	readonly challengeCalls?: boolean
	/** Stay in the way of calls, as a session border controller does; default no. */
	readonly recordRoute?: boolean
	/** How long a call may ring before it is answered with 480, milliseconds; default 180 000 (RFC 3261 16.6 step 11). */
	readonly noAnswerMs?: number
}

/** A REGISTER as it came, and what was said to it. */
export interface RegisterRecord {
	readonly atMs: number
	readonly user: string
	readonly callId: string
	readonly cseq: number
	/** Empty for a query of the bindings. */
	readonly contacts: readonly RegisterContact[]
	/** Carried credentials, right or wrong. */
	readonly hasCredentials: boolean
	readonly from: WirePeer
	readonly request: SipRequest
	/** Undefined when it was dropped. */
	readonly status: number | undefined
}
