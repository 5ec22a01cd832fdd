import type { ResponseView, Step } from '@vigil/sip'
import type { RegistrationMode } from '../account/account.ts'
import type { HeldChallenge } from '../registration/held-challenge.ts'

/** One of the two test contacts; each has a user part, a Call-ID and a socket of its own. */
export type TestName = 'first' | 'second'

/** What the Contact says of where we are: the socket's own address, or a private one as behind NAT. */
export type ContactAddress = 'plain' | 'private'

export interface TestContact {
	readonly name: TestName
	readonly address: ContactAddress
}

/** One thing to find out, by one REGISTER (and its repetitions for a challenge or 423). */
export type ProbeRequest =
	/** REGISTER without Contact (RFC 3261 10.2.3), with nothing of ours bound yet; as from behind NAT where that is needed. */
	| { readonly kind: 'look' }
	/** Does the server take the contact at all? */
	| { readonly kind: 'admit'; readonly contact: TestContact }
	/** Which expiry is granted when this one is asked for? */
	| { readonly kind: 'expiry'; readonly contact: TestContact; readonly askedSeconds: number }
	/** The same with a private address, though the plain one was taken. */
	| { readonly kind: 'compare'; readonly contact: TestContact }
	/** The first one again, before the second comes. */
	| { readonly kind: 'again'; readonly contact: TestContact }
	/** A second binding beside the first. */
	| { readonly kind: 'rival'; readonly contact: TestContact }
	/** What is bound now, while the test contacts are. */
	| { readonly kind: 'list' }
	/** Does the removal of this contact, bound or not, leave the other one alone? */
	| { readonly kind: 'part'; readonly contact: TestContact; readonly other: TestContact }
	/** What the removal has left. */
	| { readonly kind: 'parted'; readonly other: TestContact }
	/** This contact in place of the other one, by one REGISTER. */
	| { readonly kind: 'swap'; readonly contact: TestContact; readonly other: TestContact; readonly isLast: boolean }
	/** What the swap has left. */
	| { readonly kind: 'swapped'; readonly contact: TestContact; readonly other: TestContact; readonly isLast: boolean }
	| { readonly kind: 'remove'; readonly contact: TestContact }
	/** What is bound in the end. */
	| { readonly kind: 'verify' }

/** A challenge as the server made it. */
export interface OfferedAuthentication {
	readonly realm: string
	/** By a proxy on the way (407). */
	readonly proxy: boolean
	/** As written, in the server's order; `MD5` where it named none. */
	readonly algorithms: readonly string[]
	readonly qop: readonly string[]
}

export interface GrantedExpiry {
	readonly askedSeconds: number
	readonly grantedSeconds: number
}

/** How the server took a contact with this kind of address. */
export interface Admission {
	readonly status: number
	/** Present when it was bound. */
	readonly grantedSeconds?: number
}

/**
 * What becomes of a second binding. `kept`: both are bound; `overwrites`: the newer takes the place of the older;
 * `rejected`: refused, or taken and not kept; `unseen`: taken, and the server does not say what is bound.
 */
export type SecondBinding = 'kept' | 'overwrites' | 'rejected' | 'unseen'

/**
 * Whether one REGISTER that binds a contact and removes another one beside it is processed as a whole (RFC 3261 10.3 step 7):
 * exactly the new one is left, in both directions. Also so where the new one overwrites the old one anyway.
 */
export type SwapFinding = 'honoured' | 'not-honoured' | 'unknown'

/**
 * What a swap that is not honoured came to: `both` are bound, as the first Contact alone is processed; the `old` one is, as it was
 * refused or ignored; `none` is, as the expiry of 0 has removed everything.
 */
export type SwapFailure = 'both' | 'old' | 'none'

/** Does a REGISTER without Contact list the bindings? `empty`: answered, but without what is bound. */
export type Listing = 'lists' | 'empty' | 'refused'

export interface ProbeFindings {
	/** What the server calls itself. */
	readonly server?: string
	readonly authentication: readonly OfferedAuthentication[]
	readonly listing?: Listing
	/** Contacts of others that were bound before. */
	readonly foreign: readonly string[]
	/** Of those, the ones that were gone in the end. */
	readonly foreignLost: readonly string[]
	readonly second?: SecondBinding
	/** What the second binding was answered with. */
	readonly secondStatus?: number
	readonly swap: SwapFinding
	/** Where it is not honoured. */
	readonly swapFailure?: SwapFailure
	/** What a refused one was answered with. */
	readonly swapStatus?: number
	/** What an expiry of 0 ends: the binding of its contact, or every binding of the user. */
	readonly zeroRemoves?: 'contact' | 'user'
	/** The most bindings that were seen at a time, ours and others'. */
	readonly mostBindings: number
	readonly expiries: readonly GrantedExpiry[]
	/** Min-Expires of a 423. */
	readonly minExpiresSeconds?: number
	readonly plain?: Admission
	readonly private?: Admission
	/** `received` of our Via: the address that the server saw, where it differs from the one that we wrote. */
	readonly seenAs?: string
	/** Option tags of Supported and Require in a 2xx. */
	readonly options: readonly string[]
	readonly path: boolean
	readonly outbound: boolean
	readonly serviceRoute: readonly string[]
}

/** `verified`: a list shows nothing of ours; `confirmed`: each removal was answered 2xx, and no list can be had. */
export type CleanUp = 'nothing-to-remove' | 'verified' | 'confirmed' | 'uncertain' | 'left'

export interface ProbeRecommendation {
	readonly registrationMode: RegistrationMode
	readonly natEmulation: boolean
	readonly registrationRefreshSeconds: number
	/** Whether the server swaps contacts; for mode 1, where it is known. */
	readonly contactSwap?: boolean
	/** Why, a sentence for each decision. */
	readonly reasons: readonly string[]
}

/** `stopped`: caution, somebody else's binding is at risk; `failed`: the server or the credential did not allow an end. */
export type ProbeOutcome = 'complete' | 'stopped' | 'failed'

export interface ProbeReport {
	readonly outcome: ProbeOutcome
	/** What kept it from the end, in words. */
	readonly blockingReason?: string
	readonly findings: ProbeFindings
	/** Absent where too little was found out. */
	readonly recommendation?: ProbeRecommendation
	readonly cleanUp: CleanUp
	/** What a tenant should know before or after. */
	readonly warnings: readonly string[]
	readonly registersSent: number
	readonly durationMs: number
}

export interface ProbeSettings {
	/** User parts of the two test contacts, by which they are known in a list. */
	readonly users: Readonly<Record<TestName, string>>
	/** Go on though others' bindings may be lost. */
	readonly force: boolean
}

export type ProbeInput =
	| { readonly type: 'start' }
	| { readonly type: 'response'; readonly attempt: number; readonly response: ResponseView }
	| {
			readonly type: 'failed'
			readonly attempt: number
			readonly cause: 'timeout' | 'transport'
			readonly detail?: string
	  }
	/** Ends early: what is bound is removed. */
	| { readonly type: 'stop' }
	| { readonly type: 'due' }

export interface RemovedBeside {
	readonly contact: TestContact
	/** URI as the server lists it; undefined where it does not: as it was sent. */
	readonly listedAs: string | undefined
}

export type ProbeEffect =
	| {
			readonly type: 'register'
			readonly attempt: number
			/** Absent: without Contact. */
			readonly contact?: TestContact
			/** What the Via says of where we are. */
			readonly address: ContactAddress
			/** Another contact that the same REGISTER removes: expiry in the Contacts, this one last, and no Expires header. */
			readonly removes?: RemovedBeside
			/** 0 removes the contact. */
			readonly expiresSeconds: number
			readonly answers: readonly HeldChallenge[]
	  }
	/** For whoever watches. */
	| { readonly type: 'progress'; readonly text: string }
	| { readonly type: 'done'; readonly report: ProbeReport }

export interface Probe {
	/** A probe waits for answers alone: the transactions of its REGISTERs know when there will be none. */
	readonly dueAtMs: undefined
	readonly settings: ProbeSettings
	readonly startedAtMs: number
	/** Number of the newest REGISTER; answers to older ones change nothing. */
	readonly attempt: number
	readonly inFlight: boolean
	/** The request asked now. */
	readonly request: ProbeRequest | undefined
	/** Seconds that the request asks for now, raised by a 423. */
	readonly askedSeconds: number
	readonly todo: readonly ProbeRequest[]
	readonly challenges: readonly HeldChallenge[]
	/** What the Via of a request without Contact says of where we are. */
	readonly address: ContactAddress
	/** How the binding query was refused when it came from our own address. */
	readonly refusedLook: { readonly status: number; readonly text: string } | undefined
	/** Contact URIs as the server has listed them last. */
	readonly listedAs: Partial<Readonly<Record<TestName, string>>>
	/** Realms answered freshly since the last accepted REGISTER: asked again, the password is wrong. */
	readonly newlyAnswered: readonly string[]
	/** Challenges answered, and longer intervals asked for, for the present request. */
	readonly rounds: number
	/** Contacts that may be bound. */
	readonly bound: readonly TestContact[]
	/** A removal was not confirmed. */
	readonly unconfirmed: boolean
	/** Something of ours was bound at some time. */
	readonly everBound: boolean
	/** Rounds of removal so far. */
	readonly cleanUps: number
	readonly cleanUp: CleanUp
	readonly outcome: ProbeOutcome
	readonly blockingReason: string | undefined
	readonly done: boolean
	readonly findings: ProbeFindings
}

export type ProbeStep = Step<Probe, ProbeEffect>
