import type { Challenge } from '@vigil/sip'

/** A challenge without what is new each time. */
export type ChallengeKind = Omit<Challenge, 'nonce' | 'stale' | 'opaque'>

/** Fits a 16-bit column; servers that invent realms without end fill it, and theirs are kept in full then. */
const MOST_KINDS = 60_000

/** The challenges of a server differ by the nonce alone: the rest is kept once, by number. */
export class ChallengeKinds {
	readonly #byKey = new Map<string, number>()
	readonly #kinds: ChallengeKind[] = []
	#last: ChallengeKind | undefined
	#lastNumber = 0

	/** The number of the challenge's kind, from 1; 0 when there are too many kinds. */
	numberOf(challenge: Challenge): number {
		if (this.#last && sameKind(this.#last, challenge)) return this.#lastNumber
		const { proxy, realm, algorithm, algorithmText, qop, userhash } = challenge
		const key = JSON.stringify([proxy, realm, algorithmText ?? null, qop, userhash])
		let number = this.#byKey.get(key) ?? 0
		if (number === 0) {
			if (this.#kinds.length >= MOST_KINDS) return 0
			const kind = { proxy, realm, algorithm, qop, userhash, ...(algorithmText === undefined ? {} : { algorithmText }) }
			number = this.#kinds.push(kind)
			this.#byKey.set(key, number)
		}
		this.#last = this.#kinds[number - 1]
		this.#lastNumber = number
		return number
	}

	/** The challenge of that kind with that nonce. */
	challenge(number: number, nonce: string): Challenge {
		const kind = this.#kinds[number - 1]
		if (!kind) throw new RangeError(`there is no challenge kind ${number}`)
		const { proxy, realm, algorithm, algorithmText, qop, userhash } = kind
		if (algorithmText === undefined) return { proxy, realm, algorithm, qop, userhash, nonce, stale: false }
		return { proxy, realm, algorithm, qop, userhash, nonce, stale: false, algorithmText }
	}
}

function sameKind(a: ChallengeKind, b: ChallengeKind): boolean {
	return (
		a.realm === b.realm &&
		a.proxy === b.proxy &&
		a.algorithmText === b.algorithmText &&
		a.userhash === b.userhash &&
		a.qop.length === b.qop.length &&
		a.qop.every((value, index) => value === b.qop[index])
	)
}
