import { type Challenge, chooseChallenges, parseAuthenticationInfo, parseChallenge, type SipResponse } from '@vigil/sip'
import type { ChallengeKind, HeldChallenge } from './types.ts'

const HEADERS: Readonly<Record<ChallengeKind, string>> = {
	www: 'WWW-Authenticate',
	proxy: 'Proxy-Authenticate',
}

/** Names what is protected: the server (401) or a proxy on the way (407), and the realm. */
export function challengeKey(held: Pick<HeldChallenge, 'kind' | 'challenge'>): string {
	return `${held.kind} ${held.challenge.realm}`
}

/** The challenges of a 401 or 407 that can be answered, the strongest one per realm (RFC 8760 2.4), never used yet. */
export function challengesOf(response: SipResponse): HeldChallenge[] {
	return [...challengesOfKind(response, 'www'), ...challengesOfKind(response, 'proxy')]
}

// A challenge holds commas itself, so one header field is one challenge (RFC 3261 20.44): fields are not split.
function challengesOfKind(response: SipResponse, kind: ChallengeKind): HeldChallenge[] {
	const parsed = response.headers.all(HEADERS[kind]).flatMap((text) => parseChallenge(text) ?? [])
	return chooseChallenges(parsed).map((challenge: Challenge) => ({ kind, challenge, nonceCount: 0 }))
}

/** New challenges replace held ones of the same kind and realm; others stay (401 and 407 on one way). */
export function mergeChallenges(held: readonly HeldChallenge[], fresh: readonly HeldChallenge[]): HeldChallenge[] {
	const keys = new Set(fresh.map(challengeKey))
	return [...held.filter((entry) => !keys.has(challengeKey(entry))), ...fresh]
}

/** One more use of every held nonce. */
export function countUse(held: readonly HeldChallenge[]): HeldChallenge[] {
	return held.map((entry) => ({ ...entry, nonceCount: entry.nonceCount + 1 }))
}

/** Follows `nextnonce` of Authentication-Info (RFC 7616 3.5): the next REGISTER uses it, counting from one. */
export function followNextNonce(held: readonly HeldChallenge[], response: SipResponse): readonly HeldChallenge[] {
	const text = response.headers.get('Authentication-Info')
	const nonce = text === undefined ? undefined : parseAuthenticationInfo(text)?.nextnonce
	if (nonce === undefined) return held
	return held.map((entry) =>
		entry.kind === 'www' ? { ...entry, challenge: { ...entry.challenge, nonce }, nonceCount: 0 } : entry,
	)
}
