/** INVITEs that came from elsewhere than calls for their target usually do, since start. */
export interface InviteSourceCounts {
	/** Taken, and noted on the call. */
	unusual: number
	/** Answered as if there were no such target. */
	refused: number
}
