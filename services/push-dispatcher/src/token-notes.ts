import { BoundedMap, type PushToken } from '@vigil/domain'

const MOST_REMEMBERED = 50_000

/**
 * What this process has noted of tokens: those that come from memory do not tell, and it is written once and not for every push.
 * By id whether its acceptance is what was noted last; a token that is here was accepted at some time.
 */
export class TokenNotes {
	readonly #accepted = new BoundedMap<string, boolean>(MOST_REMEMBERED)

	/** Whether an acceptance of the token is news; it is none from now on. */
	accepted({ id, acceptedAtMs, refusedAtMs }: PushToken): boolean {
		const isNoted = this.#accepted.get(id) ?? acceptedAtMs !== undefined
		this.#accepted.set(id, true)
		return refusedAtMs !== undefined || !isNoted
	}

	/** The token was refused, or its acceptance could not be written: the next one is news. */
	unsettled({ id, acceptedAtMs }: PushToken): void {
		if (acceptedAtMs !== undefined || this.#accepted.has(id)) this.#accepted.set(id, false)
	}

	/** Whether a provider has taken a push for the token at some time, as far as is known without asking the store. */
	wasAccepted({ id, acceptedAtMs }: PushToken): boolean {
		return acceptedAtMs !== undefined || this.#accepted.has(id)
	}
}
