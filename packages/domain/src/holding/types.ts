import type { Step } from '@vigil/sip'
import type { RegistrationMode } from '../account/account.ts'
import type { RegistrationState } from '../account/registration-status.ts'
import type { HoldingPhase } from './holding-phase.ts'

/**
 * What the service should do about its own binding upstream: `hold` it; `remove` it with an unregister; `abandon` it,
 * which sends nothing and leaves the binding to whoever registers over it; `keep` it as long as it lasts without a
 * refresh, because a device may be about to put its own in its place.
 */
export type DesiredBinding = 'hold' | 'remove' | 'abandon' | 'keep'

/** Who should hold: the service, the devices, or nobody through us. */
export type Decision = 'service' | 'devices' | 'off'

/**
 * What is known of a server and the atomic swap: one REGISTER that binds one contact and removes another (RFC 3261 10.3
 * has it processed as a whole).
 */
export type SwapEvidence = 'unknown' | 'works' | 'fails'

/** What one device says of itself, as far as holding goes. */
export interface HoldingDevice {
	/** In the foreground, by a statement whose lease has not lapsed. */
	readonly foreground: boolean
	/** Says that it is registered upstream by itself. */
	readonly registered: boolean
	/** Says that it has removed its own binding. */
	readonly unregistered: boolean
	/** A push can wake it. */
	readonly wakeable: boolean
	/** Went away by its own word and may be removing its binding now; not one whose lease has lapsed. */
	readonly leaving: boolean
	/** Its app can put a contact of the service's, to be removed, beside its own in one REGISTER. */
	readonly swaps: boolean
}

/** What the devices and the server say, as the last statement had it. */
export interface HoldingFacts {
	/** Who should hold. */
	readonly wanted: Decision
	/** Every device that may have a binding says that it has removed it. */
	readonly saidUnregistered: boolean
	/** A device is in the foreground, be it one that no push can wake. */
	readonly inUse: boolean
	/** A device in the foreground says that it is registered by itself. */
	readonly deviceBound: boolean
	/** A device said so before it went, or before its lease lapsed, and has not said that it removed its binding. */
	readonly deviceWasBound: boolean
	/** A device went away by its own word and may be removing its binding now. */
	readonly leaving: boolean
	/** Every device in the foreground that is not registered yet can swap contacts. */
	readonly deviceSwaps: boolean
	readonly swap: SwapEvidence
	/** Our own binding stands by the last answer to it. */
	readonly registered: boolean
	/** The registrar was seen to keep our binding and another one side by side. */
	readonly keepsSeveral: boolean
}

/** Flat state of one account's holding. */
export interface Holding extends HoldingFacts {
	readonly phase: HoldingPhase
	readonly mode: RegistrationMode
	readonly desired: DesiredBinding
	/** Number of the newest query to the registrar; answers to older ones change nothing. */
	readonly query: number
	/** Queries in a row that found a foreign binding. */
	readonly found: number
	/** When the machine wants a `due` input, epoch ms; undefined for never. */
	readonly dueAtMs: number | undefined
	/** Whether our own binding is known to be gone; false after a start, when an earlier process may have left one. */
	readonly ownGone: boolean
	/**
	 * Mode 1: no device can be bound, as far as the registrar or the devices have said and as nobody was told to register
	 * since; false after a start, when an earlier process may have told one.
	 */
	readonly othersGone: boolean
	/** Mode 1: it looks around after another mode, in which others may have been bound beside us. */
	readonly changedMode: boolean
	/** Mode 1: a device was told to register, and no list since was without its binding. */
	readonly gaveTurn: boolean
}

/** The registrar's list of bindings, as far as the holding looks at it. */
export interface SeenBindings {
	readonly ours: boolean
	readonly others: number
	/** How long the longest of the others lives, seconds; absent where the registrar does not say, and without others. */
	readonly lastsSeconds?: number
	/** The URI of the other one, where there is only one. */
	readonly other?: string
	/** The URI of ours as it is listed, where that is another than we have sent. */
	readonly shownAs?: string
}

export type HoldingInput =
	/** The account's mode, its switch or what its devices say changed; harmless to repeat. */
	| {
			readonly type: 'statement'
			readonly mode: RegistrationMode
			/** Push is on and the account is not disabled. */
			readonly enabled: boolean
			readonly devices: readonly HoldingDevice[]
			readonly swap: SwapEvidence
			/** Our own binding stands by the last answer to it. */
			readonly registered: boolean
	  }
	/** The account is being removed. */
	| { readonly type: 'removed' }
	/** The registration machine came to rest in this state; whether our contact may still be bound. */
	| { readonly type: 'registration'; readonly state: RegistrationState; readonly mayBeBound: boolean }
	/** The registrar's list of bindings (REGISTER without Contact, RFC 3261 10.2.3). */
	| ({ readonly type: 'bindings'; readonly query: number } & SeenBindings)
	/** The list is not to be had from this server (`untold`), or not now (`unanswered`). */
	| { readonly type: 'no-bindings'; readonly query: number; readonly cause: 'untold' | 'unanswered' }
	/** What a 2xx that bound us lists. */
	| ({ readonly type: 'listed' } & Pick<SeenBindings, 'ours' | 'others'>)
	/** How the REGISTER that was to swap contacts has ended; `unknown` where it was not answered to the point. */
	| { readonly type: 'swapped'; readonly outcome: SwapEvidence }
	| { readonly type: 'due' }

export type HoldingEffect =
	/**
	 * Tell the registration machine. `certain` removes our contact even if this process never bound it; with `replacing`
	 * our contact takes the place of that one, by one REGISTER.
	 */
	| {
			readonly type: 'desired-binding'
			readonly desired: DesiredBinding
			readonly certain: boolean
			readonly replacing?: string
	  }
	/** Ask the registrar for the bindings. */
	| { readonly type: 'query-bindings'; readonly query: number }
	/** What was learned of the server. */
	| { readonly type: 'swap'; readonly evidence: SwapEvidence }
	/** Where things stand for the account, in words, while a device waits; absent when nothing blocks. */
	| { readonly type: 'blocking-reason'; readonly reason: string | undefined }

export type HoldingStep = Step<Holding, HoldingEffect>
