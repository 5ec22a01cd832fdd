import type { HeldChallenge } from '@vigil/domain'
import type { AccountProfile } from '../accounts/account-profiles.ts'

/** A challenge is offered to others for so long: less than servers let their nonces live. */
const FRESH_MS = 20_000
/** The first to answer a challenge of another has so long to be accepted. */
const TRIAL_MS = 40_000
/** A server that ties its nonces to whom it gave them is tried again after this long. */
const REFUSED_REST_MS = 1_800_000
/** So many refusals in a row are no wrong passwords any more. */
const MOST_REFUSALS = 3

interface Shared {
	challenges: readonly HeldChallenge[]
	learnedAtMs: number
	/** Somebody has answered a challenge of another and was accepted. */
	proven: boolean
	trialUntilMs: number
	refusals: number
	refusedUntilMs: number
}

/**
 * Challenges that accounts may answer unasked, because their server has just asked another account the same: where it
 * takes that, an account that was never bound costs it one REGISTER in place of two. One account tries it first; a
 * server that refuses (nonces for one dialog, one use or one user) is left alone.
 */
export class SharedChallenges {
	/** Accounts of one profile have the same server and domain. */
	readonly #shared = new WeakMap<AccountProfile, Shared>()

	/** What an account without a challenge of its own may answer now. Who is given one settles it. */
	offer(profile: AccountProfile, nowMs: number): readonly HeldChallenge[] | undefined {
		const shared = this.#shared.get(profile)
		if (!shared || nowMs < shared.refusedUntilMs || nowMs - shared.learnedAtMs >= FRESH_MS) return undefined
		if (shared.proven) return shared.challenges
		if (nowMs < shared.trialUntilMs) return undefined
		shared.trialUntilMs = nowMs + TRIAL_MS
		return shared.challenges
	}

	/** An account was asked these, and accepted. */
	learn(profile: AccountProfile, held: readonly HeldChallenge[], nowMs: number): void {
		const challenges = held.map(({ challenge }) => ({ challenge, nonceCount: 0 }))
		const shared = this.#shared.get(profile)
		if (shared) Object.assign(shared, { challenges, learnedAtMs: nowMs })
		else {
			const untried = { proven: false, trialUntilMs: 0, refusals: 0, refusedUntilMs: 0 }
			this.#shared.set(profile, { challenges, learnedAtMs: nowMs, ...untried })
		}
	}

	/** What became of an account's answer to what it was offered. */
	settle(profile: AccountProfile, accepted: boolean, nowMs: number): void {
		const shared = this.#shared.get(profile)
		if (!shared) return
		shared.trialUntilMs = 0
		if (accepted) {
			shared.proven = true
			shared.refusals = 0
			return
		}
		if (shared.proven && ++shared.refusals < MOST_REFUSALS) return
		shared.proven = false
		shared.refusals = 0
		shared.refusedUntilMs = nowMs + REFUSED_REST_MS
	}
}
