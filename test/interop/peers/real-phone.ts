/** An account as a softphone is told of it. */
export interface SoftphoneAccount {
	readonly user: string
	/** `host` or `host:port` of the address-of-record. */
	readonly domain: string
	/** Name and password of the digest. */
	readonly login: { readonly user: string; readonly password: string }
	/** Expires that it asks for. */
	readonly expiresSeconds: number
	/** Where everything goes: `sip:host:port;transport=tcp`. Where it is left out, the domain tells, over UDP. */
	readonly outboundProxy?: string
}

/** A softphone that people use, in a process of its own. It answers every call at once. */
export interface RealPhone {
	/** Calls that came about since it started, called or calling. */
	readonly answered: number
	/** How many of them it has just now. */
	readonly talking: number
	/** Ends its calls. */
	hangUp(): Promise<void>
	/** Calls somebody; `answered` tells when it has come about. */
	dial(uri: string): Promise<void>
	/** Has it end its calls, its registration and itself; resolves when it has begun, as the end may take it half a minute. */
	quit(): Promise<void>
	/** Ends it as an operating system ends an app, with no chance to say goodbye. */
	kill(): Promise<void>
	/** What it has told of, for the message of a test that fails. */
	readonly story: string
}
