import type { HeldChallenge } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { OnTheWay } from './on-the-way.ts'
import type { RegistrationTable } from './registration-table.ts'
import { SharedChallenges } from './shared-challenges.ts'

/** Which registrations answer a challenge that their server has asked of others, and what the server makes of it. */
export class UnaskedAnswers {
	readonly #directory: AccountDirectory
	readonly #table: RegistrationTable
	readonly #clock: Clock
	readonly #shared = new SharedChallenges()

	constructor(directory: AccountDirectory, table: RegistrationTable, clock: Clock) {
		this.#directory = directory
		this.#table = table
		this.#clock = clock
	}

	/** What the account may answer with its next REGISTER; nothing for one that was asked itself. */
	offer(slot: number): readonly HeldChallenge[] | undefined {
		if (this.#table.isChallenged(slot)) return undefined
		const profile = this.#directory.profile(slot)
		return profile && this.#shared.offer(profile, this.#clock.now())
	}

	/**
	 * Looks at the final answer of a turn. True where the refusal may be due to what was answered unasked, so that it says
	 * nothing of the account: from servers that do not ask again where they know no nonce.
	 */
	refused(slot: number, way: OnTheWay, status: number): boolean {
		const challenged = status === 401 || status === 407
		way.challenged ||= challenged
		if (!way.unasked) return false
		way.unasked = false
		const doubtful = status === 400 || status === 403
		const profile = this.#directory.profile(slot)
		const says = status < 300 || challenged || doubtful
		if (profile && says) this.#shared.settle(profile, status < 300, this.#clock.now())
		return doubtful
	}

	/**
	 * The account is bound. What it was asked on the way others are likely to be asked too, unless the server names the
	 * account's next nonce (RFC 7616 3.5): such a one hands out each for itself.
	 */
	accepted(slot: number, way: OnTheWay, { headers }: ResponseView): void {
		if (!way.challenged || headers.get('Authentication-Info') !== undefined) return
		const profile = this.#directory.profile(slot)
		const challenges = profile && this.#table.challenges(slot)
		if (profile && challenges && challenges.length > 0) this.#shared.learn(profile, challenges, this.#clock.now())
	}
}
