/** Where a running platform is reached, and with what. */
export interface PlatformAddresses {
	readonly api: string
	/** `/healthz`, `/readyz` and `/metrics`. */
	readonly operations: string
	readonly edge: Readonly<Record<string, string>>
	/** UDP and TCP port that Contacts at SIP servers carry. */
	readonly upstreamPort: number
	readonly adminToken: string
	/** Where the admin token lies when it is not new: it is shown once. */
	readonly adminTokenPlace: string | undefined
}
