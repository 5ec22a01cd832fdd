/** Fencing tokens for those who may register: each call gives a higher one (until it wraps at 2^11, see CSEQ_RANGE). */
export interface FencingTokens {
	next(): Promise<number>
}
