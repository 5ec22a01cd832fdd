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

/** The ports of the process by what listens there, for whoever comes second on its state folder. */
export function portsByName(addresses: PlatformAddresses): Readonly<Record<string, number>> {
	const { api, operations, edge, upstreamPort } = addresses
	return {
		'control API': portOf(api),
		operations: portOf(operations),
		...Object.fromEntries(Object.entries(edge).map(([transport, url]) => [`edge ${transport}`, portOf(url)])),
		'towards SIP servers': upstreamPort,
	}
}

function portOf(url: string): number {
	return Number(/:(\d+)(?:;|$)/.exec(url)?.[1])
}
