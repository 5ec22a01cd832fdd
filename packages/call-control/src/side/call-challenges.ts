import { challengeKey, countUse, freshChallenges, type HeldChallenge, mergeChallenges } from '@vigil/domain'
import { parseAuthorization, type SipRequest, type SipResponse } from '@vigil/sip'

type Fields = (readonly [name: string, value: string])[]

/** Credentials header fields for the request, one a challenge. Rejects when there is no credential. */
export type AnswerChallenges = (request: SipRequest, challenges: readonly HeldChallenge[]) => Promise<Fields>

/** Two proxies and a server may ask, and a nonce may be stale; whoever asks more often is not going to be satisfied. */
const MOST_ROUNDS = 5

/** The challenges of the servers on one call's way: a proxy may ask, then the server behind it, each for every request. */
export class CallChallenges {
	readonly #answer: AnswerChallenges
	#held: readonly HeldChallenge[] = []
	/** Challenges in a row to one request and its repetitions, by method. */
	readonly #rounds = new Map<string, number>()

	constructor(answer: AnswerChallenges) {
		this.#answer = answer
	}

	/**
	 * Header fields to send the request again with: answers to the new challenges, beside those to the ones that it has
	 * passed already. None when an answer was refused that was not merely too old (RFC 7616 3.3), as the credential is wrong;
	 * and none for a server that never has enough. Rejects when there is no credential.
	 */
	async answer(request: SipRequest, response: SipResponse): Promise<Fields> {
		const answered = answeredBy(request)
		const fresh = freshChallenges(response).map((held) => this.#counted(held))
		if (fresh.some((held) => !held.challenge.stale && answered.has(challengeKey(held)))) return []
		if (fresh.length === 0 || !this.#mayGoOn(request, answered.size > 0)) return []
		const passed = this.#held.filter((held) => answered.has(challengeKey(held)))
		const used = countUse(mergeChallenges(passed, fresh))
		this.#held = mergeChallenges(this.#held, used)
		return this.#answer(request, used)
	}

	#mayGoOn({ method }: SipRequest, again: boolean): boolean {
		const rounds = again ? (this.#rounds.get(method) ?? 0) + 1 : 1
		this.#rounds.set(method, rounds)
		return rounds <= MOST_ROUNDS
	}

	/** A server may give the same nonce for several requests; its count goes on then (RFC 7616 3.4). */
	#counted(fresh: HeldChallenge): HeldChallenge {
		const known = this.#held.find(
			(held) => challengeKey(held) === challengeKey(fresh) && held.challenge.nonce === fresh.challenge.nonce,
		)
		return known ? { ...fresh, nonceCount: known.nonceCount } : fresh
	}
}

/** What the request answers already, in the words of `challengeKey`. */
function answeredBy({ headers }: SipRequest): ReadonlySet<string> {
	const of = (name: string, place: string) =>
		headers.all(name).flatMap((text) => {
			const realm = parseAuthorization(text)?.realm
			return realm === undefined ? [] : [`${place} ${realm}`]
		})
	return new Set([...of('Authorization', 'server'), ...of('Proxy-Authorization', 'proxy')])
}
