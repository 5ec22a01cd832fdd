import { challengesOf, chooseChallenges, parseAuthenticationInfo, type ResponseView } from '@vigil/sip'
import type { HeldChallenge } from './held-challenge.ts'
import { homeAfter, mayAnswerThere } from './home-realm.ts'
import type { Registration } from './types.ts'

const FOREIGN_REALM = 'the SIP server sends to another one, which asks for a password in a realm that is not its own'

/** Names what is protected: the server (401) or a proxy on the way (407), and the realm. */
export function challengeKey({ challenge }: Pick<HeldChallenge, 'challenge'>): string {
	return `${challenge.proxy ? 'proxy' : 'server'} ${challenge.realm}`
}

/** The challenges of a 401 or 407 that can be answered, the strongest one per realm (RFC 8760 2.4), never used yet. */
export function freshChallenges(response: ResponseView): HeldChallenge[] {
	return chooseChallenges(challengesOf(response)).map((challenge) => ({ challenge, nonceCount: 0 }))
}

/** New challenges replace held ones of the same place and realm; others stay (401 and 407 on one way). */
export function mergeChallenges(held: readonly HeldChallenge[], fresh: readonly HeldChallenge[]): HeldChallenge[] {
	const keys = new Set(fresh.map(challengeKey))
	return [...held.filter((entry) => !keys.has(challengeKey(entry))), ...fresh]
}

type Met =
	| { readonly next: Registration }
	/** Why it cannot be answered. */
	| { readonly reason: string }

/** 401 and 407: what is new is answered; the same realm refused again right after a fresh answer is a wrong password. */
export function meetChallenge(state: Registration, response: ResponseView, aor: string): Met {
	const asked = freshChallenges(response)
	const { redirectUri } = state
	const fresh =
		redirectUri === undefined ? asked : asked.filter((held) => mayAnswerThere(state.home, held, redirectUri, aor))
	if (fresh.length === 0 && asked.length > 0) return { reason: FOREIGN_REALM }
	if (fresh.length === 0) {
		return { reason: 'the SIP server asks for an authentication that is not supported' }
	}
	// RFC 7616 3.3: stale=true means that only the nonce was too old.
	const wrong = fresh.some((held) => !held.challenge.stale && state.newlyAnswered.includes(challengeKey(held)))
	if (wrong) return { reason: 'wrong user name or password' }
	const next: Registration = {
		...state,
		challenges: mergeChallenges(state.challenges, fresh),
		home: redirectUri === undefined ? homeAfter(state.home, fresh) : state.home,
		newlyAnswered: [...state.newlyAnswered, ...fresh.map(challengeKey)],
	}
	return { next }
}

/** One more use of every held nonce. */
export function countUse(held: readonly HeldChallenge[]): HeldChallenge[] {
	return held.map(({ challenge, nonceCount }) => ({ challenge, nonceCount: nonceCount + 1 }))
}

/** Follows `nextnonce` of Authentication-Info (RFC 7616 3.5): the next REGISTER uses it, counting from one. */
export function followNextNonce(held: readonly HeldChallenge[], response: ResponseView): readonly HeldChallenge[] {
	const text = response.headers.get('Authentication-Info')
	const nonce = text === undefined ? undefined : parseAuthenticationInfo(text)?.nextnonce
	if (nonce === undefined) return held
	return held.map((entry) =>
		entry.challenge.proxy ? entry : { challenge: { ...entry.challenge, nonce }, nonceCount: 0 },
	)
}

/**
 * The challenges for preemptive credentials after a final response. The challenge of a 3xx target is not one of the registrar itself
 * (RFC 3261 22.2), to which the next REGISTER goes.
 */
export function challengesAfter(
	{ challenges, redirectUri }: Pick<Registration, 'challenges' | 'redirectUri'>,
	response: ResponseView,
): readonly HeldChallenge[] {
	if (redirectUri !== undefined) return []
	return response.status < 300 ? followNextNonce(challenges, response) : challenges
}
