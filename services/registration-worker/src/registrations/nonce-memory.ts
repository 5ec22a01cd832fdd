/** Ages are compared with this much room: a nonce is as old as its answer is late. */
const ROOM_MS = 1000

/**
 * What a server makes of nonces that it gave before. One that it takes up to an age, and then refuses much younger; one
 * that it refuses for being no nonce of its own, where it else says `stale=true` (RFC 7616 3.3); or another realm: the server
 * has begun anew, and may have lost its bindings with its nonces.
 */
export class NonceMemory {
	/** The greatest age at which a nonce was taken. */
	#takenAtMs = 0
	#saysStale = false

	/** A nonce of that age was taken. */
	taken(ageMs: number): void {
		if (ageMs > this.#takenAtMs) this.#takenAtMs = ageMs
	}

	/**
	 * A nonce of that age, of that realm, was answered by this challenge (the text of the header field). True where that speaks of a
	 * server that has begun anew.
	 */
	refused(ageMs: number, realm: string | undefined, challenge: string): boolean {
		const stale = /\bstale\s*=\s*"?true/i.test(challenge)
		const young = ageMs + ROOM_MS < this.#takenAtMs
		const foreign = this.#saysStale && !stale
		const moved = realm !== undefined && !challenge.includes(`realm="${realm}"`)
		if (young) this.#takenAtMs = 0
		this.#saysStale ||= stale
		return young || foreign || moved
	}
}
