/** Bounds of what a client may send. */
export interface Limits {
	/** Largest request body, bytes. */
	readonly bodyBytes: number
	/** Enrolments per minute and client address (`sourceOf`), and as many wrong bearer tokens. */
	readonly unauthenticatedPerMinute: number
	/** How long a whole request may take to arrive, milliseconds. */
	readonly requestTimeoutMs: number
}

export const DEFAULT_LIMITS: Limits = {
	bodyBytes: 131_072,
	unauthenticatedPerMinute: 30,
	requestTimeoutMs: 15_000,
}
