import type { RegistrationMode } from '@vigil/domain'
import type { RegistrarWays } from '@vigil/testkit'

/** One run of the model, as plain data: what is printed for a counter-example and kept for replay. */
export interface Scenario {
	readonly mode: RegistrationMode
	readonly registrar: RegistrarTraits
	readonly phones: number
	/** Foreground lease that the apps ask for, seconds. */
	readonly leaseSeconds: number
	/** The tenant has set that the server swaps contacts; only where it does. */
	readonly contactSwap?: boolean
	/** The apps can swap contacts. */
	readonly phonesSwap?: boolean
	readonly commands: readonly Command[]
}

export interface RegistrarTraits {
	/** What becomes of a second binding: both stay, the newer one takes the place of the older, the newer is refused. */
	readonly second: 'kept' | 'overwrites' | 'refused'
	/**
	 * Whether it lists its bindings in every 2xx (RFC 3261 10.3 step 8), lists them but answers a query for them with 403,
	 * or does neither and names its own expiry alone.
	 */
	readonly lists: 'always' | 'in-2xx' | 'never'
	/** It grants at most so many seconds, or `minSeconds` where that is more. */
	readonly grantsSeconds: number
	/** It answers 423 to less; 0 for any. */
	readonly minSeconds: number
	readonly challenges: boolean
	/** Where it departs from the book; absent: nowhere. */
	readonly ways?: ServerWays
}

/** Ways of real servers; `RegistrarWays` of the test kit says whose. */
export interface ServerWays extends Pick<RegistrarWays, 'processes' | 'zeroRemoves' | 'connectionEnd' | 'shows'> {
	/** A 2xx to a REGISTER with a Contact lists the contacts of others alone, and names its own expiry in Expires. */
	readonly listsOthersOnly: boolean
}

/** Whether a REGISTER that binds one contact and removes another, as listed, leaves the one alone. */
export function swapsContacts({ second, ways }: RegistrarTraits): boolean {
	if (second === 'overwrites') return ways?.zeroRemoves !== 'user' || ways.processes === 'first'
	return ways === undefined || (ways.processes === 'all' && ways.zeroRemoves === 'contact')
}

/** What becomes of one transaction on the network; all times in milliseconds. */
export type Fate =
	| { readonly is: 'prompt' }
	/** Lands after `ms` and is answered after twice that. */
	| { readonly is: 'slow'; readonly ms: number }
	/** No copy of the request lands. */
	| { readonly is: 'lost' }
	/** The request lands, no copy of the answer comes back. */
	| { readonly is: 'unanswered'; readonly ms: number }
	/** The request lands `ms` after its sender has given it up. */
	| { readonly is: 'late'; readonly ms: number }
	/** The connection breaks after `ms`; whether the request has landed is not known. */
	| { readonly is: 'broken'; readonly ms: number; readonly landed: boolean }
	/** The answer comes a second time, `ms` later. */
	| { readonly is: 'echoed'; readonly ms: number }

export type Refusal = 403 | 408 | 480 | 500 | 503

export type Command =
	| { readonly do: 'wait'; readonly ms: number }
	/** The user brings the app up, puts it away, or the system kills it. */
	| { readonly do: 'foreground' | 'background' | 'kill'; readonly phone: number }
	/** What becomes of the next transactions of the service, of the apps with the registrar, or of the apps with the API. */
	| { readonly do: 'network'; readonly of: 'service' | 'phones' | 'api'; readonly fates: readonly Fate[] }
	/** The registrar refuses the next REGISTERs of one side. */
	| {
			readonly do: 'refuse'
			readonly whom: 'service' | 'phones'
			readonly status: Refusal
			readonly times: number
			readonly retryAfterSeconds: number
	  }
	/** The worker dies with all that it knows; a new one starts `downMs` later, with the next fencing token. */
	| { readonly do: 'crash-worker'; readonly downMs: number }
	/** The next signals to the worker are lost: only its sweep finds what they told. */
	| { readonly do: 'lose-signals'; readonly times: number }
	/** The worker's next turn comes only after that, because others are before it. */
	| { readonly do: 'pace'; readonly ms: number }
	| { readonly do: 'mode'; readonly mode: RegistrationMode }
	| { readonly do: 'push' | 'disabled'; readonly on: boolean }
	/** Push tokens of a phone die, or it hands in new ones. */
	| { readonly do: 'token'; readonly phone: number; readonly live: boolean }
	| { readonly do: 'refresh-interval'; readonly seconds: number }
	/** The registrar's nonces are too old from now on. */
	| { readonly do: 'new-nonce' }
	/** The connection that the binding came by is lost (RFC 5626). */
	| { readonly do: 'flow-lost' }
	/** The registrar forgets everything, cuts its connections, and says 503 with that Retry-After until it is ready. */
	| { readonly do: 'restart-registrar'; readonly startsMs: number; readonly retryAfterSeconds: number }
