/** INVITEs that came from elsewhere than the registrar of the account they were for, since start. */
export interface InviteSourceCounts {
	/** Taken, and noted on the call. */
	unusual: number
	/** Answered as if there were no such account. */
	refused: number
}
