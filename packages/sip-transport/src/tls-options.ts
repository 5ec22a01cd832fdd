type Pem = string | Uint8Array

/** Certificate and key of a TLS or WSS listener. */
export interface ServerTls {
	readonly cert: Pem
	readonly key: Pem
	/** Ask for a client certificate and verify it against these authorities; a connection without one is refused. */
	readonly clientCa?: Pem
	/** Default `TLSv1.2`. */
	readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** How a server is verified when we open a TLS or WSS connection. */
export interface ClientTls {
	/** The name that the certificate must carry (RFC 5922 7.2: the SIP domain that was resolved). Default: `host`. */
	readonly servername?: string
	/** Authorities in place of the system's. */
	readonly ca?: Pem
	/** Our own certificate, for mutual TLS. */
	readonly cert?: Pem
	readonly key?: Pem
	readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
	/** Accept any certificate. Leave it out unless the tenant asked for it: nothing is verified then. */
	readonly insecure?: boolean
}
