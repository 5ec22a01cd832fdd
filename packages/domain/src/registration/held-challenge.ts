import type { Challenge } from '@vigil/sip'

/** A challenge, kept so that the next REGISTER can carry credentials for it preemptively (RFC 7616 3.6). */
export interface HeldChallenge {
	readonly challenge: Challenge
	/** Times its nonce was used (RFC 7616 3.4, nc). */
	readonly nonceCount: number
}
