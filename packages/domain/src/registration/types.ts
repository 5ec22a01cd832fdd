import type { ResponseView, Step } from '@vigil/sip'
import type { RegistrationStatus } from '../account/registration-status.ts'
import type { DesiredBinding, SeenBindings, SwapEvidence } from '../holding/types.ts'
import type { ContactAlias } from './contact-alias.ts'
import type { HeldChallenge } from './held-challenge.ts'
import type { HomeRealm } from './home-realm.ts'
import type { OwnContact } from './own-contact.ts'
import type { OwnAddition, RegistrationPath } from './registration-path.ts'

/** What the machine must know of an account to register for it; changes only with the account or the worker's address. */
export interface RegistrationSettings {
	/** Expires to ask for, seconds. */
	readonly expiresSeconds: number
	/** In [0, 1): hashed from the account, spreads refreshes and back-off. */
	readonly phase: number
	/** Changes whenever anything that a REGISTER says or the credential does; a rejected registration tries again only then. */
	readonly revision: string | number
	/** Which Call-ID is used: each generation has its own, and counts CSeq anew. */
	readonly generation: number
}

/**
 * What a REGISTER of the account says apart from numbers; not kept by the machine, made when one is sent. Its Contact is what
 * our binding is known by in the answer; the address-of-record goes into To and From.
 */
export interface RegisterLines extends OwnContact {
	/** Request-URI: the registrar's domain, or where a 3xx sent us. */
	readonly registrarUri: string
	/** The option tag of outbound is left out as well. */
	readonly withoutOutbound?: boolean
	/** Call-ID of this account and generation (a keyed hash; RFC 3261 10.2.4: one for all REGISTERs). */
	readonly callId: string
	/** From tag of this account and generation. */
	readonly fromTag: string
	/** CSeq numbers start above this: fencing token * 2^20. */
	readonly cseqBase: number
}

/**
 * idle          nothing held, nothing to do
 * registering   a REGISTER is in flight that binds or refreshes
 * registered    bound, next refresh at `dueAtMs`
 * backing-off   refused or unreachable for now, next attempt at `dueAtMs`
 * rejected      refused in words that speak of the account, tried again at `dueAtMs` after a long rest
 * unregistering a REGISTER with Expires 0 is in flight
 *
 * A binding query goes beside these: while it is in flight the phase stays what it was.
 */
export type RegistrationPhase = 'idle' | 'registering' | 'registered' | 'backing-off' | 'rejected' | 'unregistering'

/** A refusal that is looked into before it is believed: other bindings may be its cause. */
export interface HeldRefusal {
	readonly status: number
	readonly reason: string
	/** What the refused REGISTER said on our own account. */
	readonly carried: readonly OwnAddition[]
}

/** Flat state of one account's registration; holds no secret. */
export interface Registration {
	readonly phase: RegistrationPhase
	/** What to do about our own binding. */
	readonly desired: DesiredBinding
	/** The removal of our contact must be confirmed or outlast the binding, however little is known of a binding. */
	readonly certain: boolean
	/** The settings last adopted; `generation` 0 before the first. */
	readonly expiresSeconds: number
	readonly spread: number
	readonly revision: string | number
	readonly generation: number
	readonly accountVersion: number
	/** Number of the newest attempt; answers to older ones change nothing. */
	readonly attempt: number
	readonly inFlight: boolean
	/** The binding query that waits for its turn; 0 for none. */
	readonly query: number
	/** The query whose REGISTER is in flight; 0 for none. */
	readonly querying: number
	/** The query in flight is asked by a removal of our contact, as the one without Contact was refused. */
	readonly byRemoval: boolean
	/** The refusal that the query in flight looks into. */
	readonly refused: HeldRefusal | undefined
	/** CSeq numbers used above the base of the fencing token. */
	readonly cseqCount: number
	readonly challenges: readonly HeldChallenge[]
	/** What the account's own server last asked for; where a 3xx leads elsewhere nothing else is answered. */
	readonly home: HomeRealm | undefined
	/** Kinds and realms answered freshly since the last accepted REGISTER: a second refusal of those is a wrong password. */
	readonly newlyAnswered: readonly string[]
	/** REGISTERs that followed the one before at once, of whatever cause, since the last accepted one or the last rest. */
	readonly repeats: number
	/** What of ours was left out since the last accepted REGISTER, to see whether that was what is refused. */
	readonly leftOut: readonly OwnAddition[]
	/** A registrar has accepted this very credential. */
	readonly proven: boolean
	/** Epoch ms at which the binding ends unless refreshed; 0 while there may be none. */
	readonly boundUntilMs: number
	readonly minExpiresSeconds: number
	/** Failures in a row, for the back-off. */
	readonly failures: number
	/**
	 * Bindings of ours that a lost connection may have left at the registrar: undefined where none is sought, none listed yet
	 * while the next 2xx is to tell, and those that the next REGISTER removes.
	 */
	readonly remnants: readonly string[] | undefined
	/** When the machine wants a `due` input, epoch ms; undefined for never. */
	readonly dueAtMs: number | undefined
	/** Where a 3xx sent us, until the final answer from there. */
	readonly redirectUri: string | undefined
	/** This registrar has listed our contact under the token that we sent: nothing else that it lists is taken for ours. */
	readonly listsAsSent: boolean
	/** What it may list in place of ours. */
	readonly alias: ContactAlias | undefined
	/** The contact in whose place ours comes by the REGISTER that is due or in flight. */
	readonly replacing: string | undefined
	/** What the last 2xx said of the way: see `RegistrationPath`. */
	readonly path: RegistrationPath
	readonly status: RegistrationStatus
}

export type RegistrationInput =
	/** The account, what its devices desire or the worker's address changed; harmless to repeat. */
	| {
			readonly type: 'configure'
			readonly settings: RegistrationSettings
			readonly desired: DesiredBinding
			/** With `remove`: our contact is removed even if this process never bound it. */
			readonly certain?: boolean
			readonly accountVersion: number
			/** What follows is not sent at once but made due, so that a driver can pace it. */
			readonly paced?: boolean
			/** With `hold`: our contact takes the place of this one, by one REGISTER; tried once. */
			readonly replacing?: string
	  }
	/**
	 * Fetch the bindings of the address-of-record (RFC 3261 10.2.3); answered by `bindings` or `no-bindings`. Where that is
	 * refused or not answered and our contact is to be gone anyway (`remove`), its removal asks: a 2xx to it lists the others.
	 */
	| { readonly type: 'query-bindings'; readonly query: number; readonly paced?: boolean }
	/** The instant that the machine asked for, or the turn of a query that waits. */
	| {
			readonly type: 'due'
			/** Challenges that the server has just put to others: for preemptive credentials, in place of what this registration was asked before. */
			readonly challenges?: readonly HeldChallenge[]
	  }
	/** A rejection that preemptive credentials may have caused: the same REGISTER once more, without them. */
	| { readonly type: 'rejected-preemptive'; readonly attempt: number }
	/** The connection that the binding came by is gone; a server reaches us by a new one only after a REGISTER over it. */
	| {
			readonly type: 'flow-lost'
			/** Not before this long from now; default 0. */
			readonly afterMs?: number
			/** Accounts of one connection come back spread over this time; default 2 s. */
			readonly spreadMs?: number
			/** Our Contact URI named the connection, and is another over the next one: the old one goes with the next REGISTER. */
			readonly contactUri?: string | undefined
	  }
	/**
	 * Something speaks against what is believed of the server: it may have lost its bindings, or be over what made it refuse.
	 * Looked into soon, spread like `flow-lost`; harmless to repeat.
	 */
	| {
			readonly type: 'look'
			readonly spreadMs: number
			/** Only one that waits after a failure of the server's is concerned: a Retry-After is a hint, not a sentence. */
			readonly waitingOnly: boolean
	  }
	| {
			readonly type: 'response'
			readonly attempt: number
			readonly response: ResponseView
			/** What the REGISTER said of our Contact, by which our own binding is known. */
			readonly own: OwnContact
	  }
	| {
			readonly type: 'failed'
			readonly attempt: number
			/**
			 * `local`: it was not sent for a reason of our own, which says nothing of the target. `flow-lost`: it was sent, and
			 * the connection ended before the answer; after no other failure it is sent soon again, to the same target.
			 */
			readonly cause: 'timeout' | 'transport' | 'local' | 'flow-lost'
			/** Why, as tenants are told: with `transport` a sentence of `failure-reasons.ts`. */
			readonly detail?: string
			/** RFC 3263 names a target that was not tried since the last success: it is tried soon, without back-off. */
			readonly moreTargets?: boolean
	  }

export type RegistrationEffect =
	/** Send a REGISTER; the driver renders it and answers the challenges with the credential that it alone holds. */
	| {
			readonly type: 'register'
			readonly attempt: number
			/** CSeq above the base of the fencing token. */
			readonly cseqCount: number
			/** URIs of ours that go with it, as they are listed: beside our Contact, which stands first. */
			readonly removes: readonly string[] | undefined
			/** 0 removes our contact; undefined leaves the Contact out, which asks for the bindings. */
			readonly expiresSeconds: number | undefined
			readonly answers: readonly HeldChallenge[]
			/** Send there in place of the registrar. */
			readonly redirectUri: string | undefined
			/** It goes without the parameters of outbound. */
			readonly withoutOutbound: boolean
			/** It gives our real address. */
			readonly withoutNatEmulation: boolean
			/** The contact that the same REGISTER removes, where ours takes its place. */
			readonly replacing?: string
			/** A removal says so by the Expires header as well: without it the registrar did not take it. */
			readonly expiresHeader?: boolean
	  }
	/** The visible state changed. */
	| { readonly type: 'status'; readonly status: RegistrationStatus }
	/** The answer to a query: whether our contact is bound, and what others are. */
	| ({ readonly type: 'bindings'; readonly query: number } & SeenBindings)
	/** How the REGISTER with `replacing` has ended; no other follows by itself, unless it `works`. */
	| { readonly type: 'swapped'; readonly outcome: SwapEvidence }
	/**
	 * The list is not to be had. `untold`: the server does not tell, or answers a removal with a 2xx that lists nobody;
	 * `unanswered`: it did not answer, or is in trouble, and may tell later.
	 */
	| { readonly type: 'no-bindings'; readonly query: number; readonly cause: 'untold' | 'unanswered' }
	/** The server refuses our binding, or drops it, while it has others: it may need another registration mode. */
	| { readonly type: 'rejected-concurrent'; readonly others: number }
	/** The Call-ID or CSeq range is used up: configure again with the next generation. */
	| { readonly type: 'next-generation' }
	/** The target did not answer: use the next one of RFC 3263. */
	| { readonly type: 'next-target' }

export type RegistrationStep = Step<Registration, RegistrationEffect>
