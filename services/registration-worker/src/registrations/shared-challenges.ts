import type { HeldChallenge } from '@vigil/domain'
import type { AccountProfile } from '../accounts/account-profiles.ts'

/** A challenge is offered to others for so long: less than servers let their nonces live. */
const FRESH_MS = 20_000
/** The first to answer a challenge of another has so long to be accepted. */
const TRIAL_MS = 40_000
/** A server that ties its nonces to whom it gave them is tried again after this long. */
const REFUSED_REST_MS = 1_800_000
/** So many challenges in a row that were refused are no wrong passwords any more. */
const MOST_REFUSED = 3

export type Offer = readonly HeldChallenge[]

interface Shared {
	/** Undefined after a refusal, until somebody is asked anew. */
	challenges: Offer | undefined
	learnedAtMs: number
	/** Somebody has answered a challenge of another and was accepted. */
	proven: boolean
	trialUntilMs: number
	refused: number
	refusedUntilMs: number
	/** The age at which an account's own nonce was refused, the least that was seen. */
	staleAfterMs: number
}

/**
 * Challenges that accounts may answer unasked, because their server has just asked another account the same: where it
 * takes that, an account that was never bound, or whose nonce has grown old, costs it one REGISTER in place of two. One
 * account tries it first; a server that refuses (nonces for one dialog, one use or one user) is left alone.
 */
export class SharedChallenges {
	/** Accounts of one profile have the same server and domain. */
	readonly #shared = new WeakMap<AccountProfile, Shared>()

	/** What an account may answer now whose own nonce has this age (infinite without one). Who is given one settles it. */
	offer(profile: AccountProfile, ageMs: number, nowMs: number): Offer | undefined {
		const shared = this.#shared.get(profile)
		if (!shared?.challenges || ageMs < shared.staleAfterMs) return undefined
		if (nowMs < shared.refusedUntilMs || nowMs - shared.learnedAtMs >= FRESH_MS) return undefined
		if (shared.proven) return shared.challenges
		if (nowMs < shared.trialUntilMs) return undefined
		shared.trialUntilMs = nowMs + TRIAL_MS
		return shared.challenges
	}

	/** An account was asked these, and accepted. */
	learn(profile: AccountProfile, held: Offer, nowMs: number): void {
		const shared = this.#of(profile)
		shared.challenges = held.map(({ challenge }) => ({ challenge, nonceCount: 0 }))
		shared.learnedAtMs = nowMs
	}

	/** An account's own nonce was refused at that age. */
	refusedOwn(profile: AccountProfile, ageMs: number): void {
		const shared = this.#of(profile)
		shared.staleAfterMs = Math.min(shared.staleAfterMs, ageMs)
	}

	/** What became of an account's answer to that offer. */
	settle(profile: AccountProfile, offer: Offer, accepted: boolean, nowMs: number): void {
		const shared = this.#of(profile)
		shared.trialUntilMs = 0
		if (accepted) {
			shared.proven = true
			shared.refused = 0
			return
		}
		// Many may be on their way with a challenge that is not good any more: it counts once.
		if (shared.challenges !== offer) return
		shared.challenges = undefined
		if (shared.proven && ++shared.refused < MOST_REFUSED) return
		shared.proven = false
		shared.refused = 0
		shared.refusedUntilMs = nowMs + REFUSED_REST_MS
	}

	#of(profile: AccountProfile): Shared {
		const known = this.#shared.get(profile)
		if (known) return known
		const untried = { proven: false, trialUntilMs: 0, refused: 0, refusedUntilMs: 0 }
		const shared: Shared = { challenges: undefined, learnedAtMs: 0, ...untried, staleAfterMs: Number.POSITIVE_INFINITY }
		this.#shared.set(profile, shared)
		return shared
	}
}
