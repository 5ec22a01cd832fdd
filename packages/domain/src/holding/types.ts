import type { RegistrationMode } from '../account/account.ts'
import type { RegistrationState } from '../account/registration-status.ts'

/**
 * What the service should do about its own binding upstream: `hold` it; `release` it with an unregister; `forget` it,
 * which sends nothing and leaves the binding to whoever registers over it.
 */
export type Wish = 'hold' | 'release' | 'forget'

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
}

/**
 * away      the devices are away and the service holds, or is about to
 * releasing single-device emulation: the service lets go before a device may register
 * checking  single-device emulation: asking the registrar whether the device's binding is gone
 * waiting   single-device emulation: it was not; asked again at `dueAtMs`
 * devices   the devices hold, or may
 * off       nothing is to be held
 */
export type HoldingPhase = 'off' | 'away' | 'releasing' | 'checking' | 'waiting' | 'devices'

/** Flat state of one account's holding. */
export interface Holding {
	readonly phase: HoldingPhase
	readonly mode: RegistrationMode
	readonly wish: Wish
	/** Number of the newest question to the registrar; answers to older ones change nothing. */
	readonly question: number
	/** Questions in a row that found a foreign binding. */
	readonly found: number
	/** When the machine wants a `due` input, epoch ms; 0 for never. */
	readonly dueAtMs: number
	/** Every device that may have a binding says that it has removed it. */
	readonly saidUnregistered: boolean
	/** Whether our own binding is known to be gone; false after a start, when an earlier process may have left one. */
	readonly ownGone: boolean
	/**
	 * Mode 1: no device can be bound, as far as the registrar or the devices have said and as nobody was told to register
	 * since; false after a start, when an earlier process may have told one.
	 */
	readonly othersGone: boolean
	/** Mode 1: it looks around after another mode, in which others may have been bound beside us. */
	readonly changedMode: boolean
}

export type HoldingInput =
	/** The account's mode, its switch or what its devices say changed; harmless to repeat. */
	| {
			readonly type: 'statement'
			readonly mode: RegistrationMode
			/** Push is on and the account is not disabled. */
			readonly enabled: boolean
			readonly devices: readonly HoldingDevice[]
	  }
	/** The registration machine came to rest in this state. */
	| { readonly type: 'registration'; readonly state: RegistrationState }
	/** The registrar's list of bindings (REGISTER without Contact, RFC 3261 10.2.3). */
	| { readonly type: 'bindings'; readonly question: number; readonly ours: boolean; readonly others: number }
	/** The list is not to be had from this server (`untold`), or not now (`unanswered`). */
	| { readonly type: 'no-bindings'; readonly question: number; readonly cause: 'untold' | 'unanswered' }
	| { readonly type: 'due' }

export type HoldingEffect =
	/** Tell the registration machine. `certain` removes our contact even if this process never bound it. */
	| { readonly type: 'wish'; readonly wish: Wish; readonly certain: boolean }
	/** Ask the registrar for the bindings. */
	| { readonly type: 'ask'; readonly question: number }
	/** Where things stand for the account, in words, while a device waits; absent when nothing hinders. */
	| { readonly type: 'hindrance'; readonly reason: string | undefined }

export interface HoldingStep {
	readonly state: Holding
	readonly effects: readonly HoldingEffect[]
}
