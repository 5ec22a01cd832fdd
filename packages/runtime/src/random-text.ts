/** Random text for what must be unguessable or unique on the wire. */
export interface RandomText {
	/** URL-safe text of at least `bytes` random bytes. */
	token(bytes: number): string
}
