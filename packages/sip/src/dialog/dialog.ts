/** The state that two user agents share for a call, as one of them sees it (RFC 3261 12). Plain data. */
export interface Dialog {
	/** `uac` when our request created the dialog. */
	readonly role: 'uac' | 'uas'
	readonly state: 'early' | 'confirmed'
	readonly callId: string
	readonly localTag: string
	/** Empty for a peer of RFC 2543, which sends no tag. */
	readonly remoteTag: string
	/** Our From header value in requests of this dialog, tag included. */
	readonly localParty: string
	/** Our To header value in requests of this dialog, tag included. */
	readonly remoteParty: string
	/** The CSeq number of our last request; undefined before the first. */
	readonly localSeq: number | undefined
	/** The CSeq number of the peer's last request; undefined before the first. */
	readonly remoteSeq: number | undefined
	/** The URI of the peer's Contact: where requests of this dialog go. */
	readonly remoteTarget: string
	/** Route header values in the order in which requests visit them. */
	readonly routeSet: readonly string[]
	/** True when the dialog was made by a SIPS request over TLS. */
	readonly secure: boolean
}
