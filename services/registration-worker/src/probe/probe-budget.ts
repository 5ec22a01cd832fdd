/** What bounds the REGISTERs of a probe. */
export interface ProbeBudget {
	/** Whether a probe of the server at that address may begin. */
	admits(address: string): boolean
	/** A REGISTER goes there. */
	sent(address: string): void
}
