import { type Challenge, hashOf } from '@vigil/sip'

const ROW = 32
const FIRST_ROWS = 256

/**
 * HA1 of every account for the realm and hash that its server asked for last: bytes, never the password. An account
 * whose way asks for several (a proxy and a registrar) has the others aside.
 */
export class DigestKeys {
	#bytes = Buffer.alloc(0)
	/** What the row is for, by number from 1; 0 for an empty row. */
	#scopes = new Uint16Array(0)
	readonly #scopeNumbers = new Map<string, number>()
	#lastRealm: string | undefined
	#lastAlgorithm: Challenge['algorithm']
	#lastNumber = 0
	readonly #aside = new Map<number, Map<string, string>>()

	/** HA1 in hex, undefined when it is not at hand. */
	get(slot: number, challenge: Challenge): string | undefined {
		const number = this.#known(challenge)
		if (number === 0 || this.#scopes[slot] !== number) return this.#aside.get(slot)?.get(scopeOf(challenge))
		return this.#bytes.toString('hex', slot * ROW, slot * ROW + bytesOf(challenge))
	}

	set(slot: number, challenge: Challenge, ha1: string): void {
		const scope = scopeOf(challenge)
		this.#reserve(slot)
		const number = this.#numberOf(scope)
		if (number === 0 || (this.#scopes[slot] !== 0 && this.#scopes[slot] !== number)) {
			this.#aside.set(slot, (this.#aside.get(slot) ?? new Map()).set(scope, ha1))
			return
		}
		this.#scopes[slot] = number
		this.#bytes.write(ha1, slot * ROW, 'hex')
	}

	/** Forgets what is kept of the account, as its credential may have changed. */
	clear(slot: number): void {
		if (slot < this.#scopes.length) {
			this.#scopes[slot] = 0
			this.#bytes.fill(0, slot * ROW, (slot + 1) * ROW)
		}
		this.#aside.delete(slot)
	}

	has(slot: number, challenge: Challenge): boolean {
		const number = this.#known(challenge)
		if (number !== 0 && this.#scopes[slot] === number) return true
		return this.#aside.get(slot)?.has(scopeOf(challenge)) ?? false
	}

	/** The number of the challenge's scope, 0 for one that never was; the last one is remembered, as it is mostly that. */
	#known({ realm, algorithm }: Challenge): number {
		if (realm === this.#lastRealm && algorithm === this.#lastAlgorithm) return this.#lastNumber
		const number = this.#scopeNumbers.get(scopeOf({ realm, algorithm })) ?? 0
		if (number === 0) return 0
		this.#lastRealm = realm
		this.#lastAlgorithm = algorithm
		this.#lastNumber = number
		return number
	}

	#numberOf(scope: string): number {
		const known = this.#scopeNumbers.get(scope)
		if (known !== undefined) return known
		if (this.#scopeNumbers.size >= 60_000) return 0
		const number = this.#scopeNumbers.size + 1
		this.#scopeNumbers.set(scope, number)
		return number
	}

	#reserve(slot: number): void {
		if (slot < this.#scopes.length) return
		const rows = Math.max(slot + 1, Math.ceil(this.#scopes.length * 1.25), FIRST_ROWS)
		const bytes = Buffer.alloc(rows * ROW)
		this.#bytes.copy(bytes)
		this.#bytes.fill(0)
		this.#bytes = bytes
		const scopes = new Uint16Array(rows)
		scopes.set(this.#scopes)
		this.#scopes = scopes
	}
}

function scopeOf({ algorithm, realm }: Pick<Challenge, 'algorithm' | 'realm'>): string {
	return `${algorithm === undefined ? '' : hashOf(algorithm)} ${realm}`
}

function bytesOf({ algorithm }: Challenge): number {
	return algorithm !== undefined && hashOf(algorithm) === 'MD5' ? 16 : 32
}
