import type { Clock } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { InFlightRegister } from './in-flight-registers.ts'
import type { RegistrationTable } from './registration-table.ts'
import { type Offer, SharedChallenges } from './shared-challenges.ts'

const NEVER_ASKED: Offer = []

/** Which registrations send credentials for a challenge that their server has put to others, before they are challenged themselves
 * (RFC 7616 3.6), and how the server responds to that. */
export class PreemptiveAuthorization {
	readonly #directory: AccountDirectory
	readonly #table: RegistrationTable
	readonly #clock: Clock
	readonly #shared = new SharedChallenges()

	constructor(directory: AccountDirectory, table: RegistrationTable, clock: Clock) {
		this.#directory = directory
		this.#table = table
		this.#clock = clock
	}

	/** What the account may answer with its next REGISTER in place of what it was asked itself, if it was. */
	offer(slot: number, turn: InFlightRegister, nowMs: number): Offer | undefined {
		const profile = this.#directory.profile(slot)
		if (!profile) return undefined
		const challenged = this.#table.isChallenged(slot)
		if (challenged) turn.nonceAgeMs = nowMs - this.#table.acceptedAtMs(slot)
		if (!this.#shared.mayOffer(profile, turn.nonceAgeMs)) return undefined
		const own = challenged ? this.#table.challenges(slot) : NEVER_ASKED
		return this.#shared.offer(profile, own, turn.nonceAgeMs, nowMs)
	}

	/**
	 * Looks at the final answer of a turn. True where the preemptive credentials may be the reason for the rejection, so that it says
	 * nothing of the account: from servers that do not ask again where they know no nonce.
	 */
	refused(slot: number, turn: InFlightRegister, status: number): boolean {
		const { preemptive } = turn
		const challenged = status === 401 || status === 407
		const first = challenged && !turn.challenged
		turn.challenged ||= challenged
		turn.preemptive = undefined
		if (turn.redirected) return false
		const profile = this.#directory.profile(slot)
		if (!profile) return false
		if (!preemptive) {
			if (first && turn.nonceAgeMs !== Number.POSITIVE_INFINITY) this.#shared.refusedOwn(profile, turn.nonceAgeMs)
			return false
		}
		const doubtful = status === 400 || status === 403
		const says = status < 300 || challenged || doubtful
		if (says) this.#shared.settle(profile, preemptive, status < 300, this.#clock.now())
		return doubtful
	}

	/**
	 * The account is bound. What it was asked on the way others are likely to be asked too, unless the server names the
	 * account's next nonce (RFC 7616 3.5): such a one hands out each for itself.
	 */
	accepted(slot: number, turn: InFlightRegister, { headers }: ResponseView): void {
		if (turn.redirected || !turn.challenged || headers.get('Authentication-Info') !== undefined) return
		const profile = this.#directory.profile(slot)
		const challenges = profile && this.#table.challenges(slot)
		if (profile && challenges && challenges.length > 0) this.#shared.learn(profile, challenges, this.#clock.now())
	}
}
