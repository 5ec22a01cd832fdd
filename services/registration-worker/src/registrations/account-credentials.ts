import { type AccountId, type AccountStore, countUse, freshChallenges, type HeldChallenge } from '@vigil/domain'
import { answerChallenge, type SipRequest, type SipResponse } from '@vigil/sip'

/** Answers upstream challenges with the account's credential, which is opened for the answer and not kept. */
export class AccountCredentials {
	readonly #accounts: Pick<AccountStore, 'openCredential'>
	readonly #cnonce: () => string

	constructor(accounts: Pick<AccountStore, 'openCredential'>, cnonce: () => string) {
		this.#accounts = accounts
		this.#cnonce = cnonce
	}

	/** Credentials header fields for the request, one a challenge. Throws when the credential cannot be opened. */
	async answer(
		id: AccountId,
		request: SipRequest,
		challenges: readonly HeldChallenge[],
	): Promise<(readonly [name: string, value: string])[]> {
		if (challenges.length === 0) return []
		const credential = await this.#accounts.openCredential(id)
		if (!credential) throw new Error('the account has no credential')
		return challenges.map((held) => [
			held.challenge.proxy ? 'Proxy-Authorization' : 'Authorization',
			answerChallenge({
				challenge: held.challenge,
				username: credential.username,
				secret: { password: credential.password.reveal() },
				method: request.method,
				uri: request.uri,
				cnonce: this.#cnonce(),
				nc: held.nonceCount,
				body: request.body,
			}),
		])
	}
}

/** The challenges of a 401 or 407 within a call, each to be answered for the first time. */
export function challengesOfResponse(response: SipResponse): HeldChallenge[] {
	return countUse(freshChallenges(response))
}
