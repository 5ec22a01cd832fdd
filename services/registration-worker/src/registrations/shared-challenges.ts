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
/** A server that asks in more ways than this asks each account in its own. */
const MOST_KINDS = 8
/** Accounts that were never asked may answer so many times more for each one that was asked, or has answered, in that way. */
const CREDIT_FOR_ASKED = 0.25
const CREDIT_FOR_ACCEPTED = 2
const MOST_CREDIT = 4096

export type Offer = readonly HeldChallenge[]

/** Challenges of one kind: the same realms and algorithms of the same places. */
interface Shared {
	/** Undefined after a refusal, until somebody is asked anew. */
	challenges: Offer | undefined
	learnedAtMs: number
	/** Somebody has answered a challenge of another and was accepted. */
	proven: boolean
	trialUntilMs: number
	refused: number
	refusedUntilMs: number
	/** Accounts that may answer though they were never asked in this way. */
	credit: number
}

interface Server {
	readonly kinds: Map<string, Shared>
	/** It has asked in too many ways to keep. */
	various: boolean
	/** The age at which an account's own nonce was refused, the least that was seen. */
	staleAfterMs: number
}

/**
 * Challenges that accounts may answer preemptively, because their server has just asked another account the same: where it
 * takes that, an account that was never bound, or whose nonce has grown old, costs it one REGISTER in place of two. One
 * account tries it first; a server that refuses (nonces for one dialog, one use or one user) is left alone.
 *
 * A server may ask different accounts for different algorithms or realms, and counts an answer to the wrong one as a failed
 * attempt. So an account answers in the way that it was asked itself before; one that never was, in the only way that its
 * server has ever asked anybody, and of those first one, then two more for each that was accepted.
 */
export class SharedChallenges {
	/** Accounts of one profile have the same server and domain. */
	readonly #servers = new WeakMap<AccountProfile, Server>()

	/** Whether there may be an offer for an account whose own nonce has this age (infinite without one). */
	mayOffer(profile: AccountProfile, ageMs: number): boolean {
		const server = this.#servers.get(profile)
		return server !== undefined && server.kinds.size > 0 && ageMs >= server.staleAfterMs
	}

	/** What an account may answer now that holds these challenges of its own. Who is given one settles it. */
	offer(profile: AccountProfile, own: Offer, ageMs: number, nowMs: number): Offer | undefined {
		const server = this.#servers.get(profile)
		if (!server || ageMs < server.staleAfterMs) return undefined
		const known = own.length > 0
		const shared = known ? server.kinds.get(kindOf(own)) : onlyKind(server)
		if (!shared?.challenges || nowMs < shared.refusedUntilMs || nowMs - shared.learnedAtMs >= FRESH_MS) return undefined
		if (nowMs < shared.trialUntilMs && (!shared.proven || (!known && shared.credit < 1))) return undefined
		if (!shared.proven || (!known && shared.credit < 1)) shared.trialUntilMs = nowMs + TRIAL_MS
		else if (!known) shared.credit--
		return shared.challenges
	}

	/** An account was asked these, and accepted. */
	learn(profile: AccountProfile, held: Offer, nowMs: number): void {
		const shared = this.#kind(this.#of(profile), kindOf(held))
		if (!shared) return
		shared.challenges = held.map(({ challenge }) => ({ challenge, nonceCount: 0 }))
		shared.learnedAtMs = nowMs
		shared.credit = Math.min(MOST_CREDIT, shared.credit + CREDIT_FOR_ASKED)
	}

	/** An account's own nonce was refused at that age. */
	refusedOwn(profile: AccountProfile, ageMs: number): void {
		const server = this.#of(profile)
		server.staleAfterMs = Math.min(server.staleAfterMs, ageMs)
	}

	/** What became of an account's answer to that offer. */
	settle(profile: AccountProfile, offer: Offer, accepted: boolean, nowMs: number): void {
		const shared = this.#servers.get(profile)?.kinds.get(kindOf(offer))
		if (!shared) return
		shared.trialUntilMs = 0
		if (accepted) {
			shared.proven = true
			shared.refused = 0
			shared.credit = Math.min(MOST_CREDIT, shared.credit + CREDIT_FOR_ACCEPTED)
			return
		}
		// Many may be on their way with a challenge that is not good any more: it counts once.
		if (shared.challenges !== offer) return
		shared.challenges = undefined
		shared.credit = 0
		if (shared.proven && ++shared.refused < MOST_REFUSED) return
		shared.proven = false
		shared.refused = 0
		shared.refusedUntilMs = nowMs + REFUSED_REST_MS
	}

	#of(profile: AccountProfile): Server {
		const known = this.#servers.get(profile)
		if (known) return known
		const server: Server = { kinds: new Map(), various: false, staleAfterMs: Number.POSITIVE_INFINITY }
		this.#servers.set(profile, server)
		return server
	}

	#kind(server: Server, kind: string): Shared | undefined {
		if (server.various) return undefined
		const known = server.kinds.get(kind)
		if (known) return known
		if (server.kinds.size >= MOST_KINDS) {
			server.various = true
			server.kinds.clear()
			return undefined
		}
		const untried = { proven: false, trialUntilMs: 0, refused: 0, refusedUntilMs: 0, credit: 0 }
		const shared: Shared = { challenges: undefined, learnedAtMs: 0, ...untried }
		server.kinds.set(kind, shared)
		return shared
	}
}

function onlyKind({ kinds }: Server): Shared | undefined {
	if (kinds.size !== 1) return undefined
	const [only] = kinds.values()
	return only
}

/** What two challenges have in common that differ by the nonce alone, as far as an answer goes. */
function kindOf(held: Offer): string {
	if (held.length === 1 && held[0]) return nameOf(held[0])
	return held.map(nameOf).toSorted().join('\n')
}

function nameOf({ challenge: { proxy, algorithmText, realm } }: HeldChallenge): string {
	return `${proxy ? 'proxy' : 'server'} ${algorithmText?.toLowerCase() ?? 'md5'} ${realm}`
}
