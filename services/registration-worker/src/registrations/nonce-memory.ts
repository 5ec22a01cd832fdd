/** Ages are compared with this much room: a nonce is as old as its answer is late. */
const ROOM_MS = 1000

/**
 * What a server makes of nonces that it gave before. One that it refuses much younger than it took others; one as young that it
 * does not call too old (`stale=true`, RFC 7616 3.3), or older where it else calls them so; or another realm: the server has
 * begun anew, and may have lost its bindings with its nonces.
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
		const foreign = !stale && (this.#saysStale || (this.#takenAtMs > 0 && ageMs <= this.#takenAtMs + ROOM_MS))
		const moved = realm !== undefined && !challenge.includes(`realm="${realm}"`)
		// Its nonces may live shorter from now on.
		if (young) this.#takenAtMs = Math.max(ageMs, this.#takenAtMs / 2)
		this.#saysStale ||= stale
		return young || foreign || moved
	}
}
