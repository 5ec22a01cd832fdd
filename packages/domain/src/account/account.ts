import { unescapeUriPart } from '@vigil/sip'
import type { StatedAccountLimits } from '../budget/stated-limits.ts'
import type { AccountId, TenantId } from '../ids.ts'
import type { SeenAuthentication } from '../registration/seen-authentication.ts'
import type { Secret } from '../secret.ts'
import type { InviteSource } from './invite-source.ts'

/** Who may hold the binding at the upstream server: 0 standard, 1 single-device emulation, 2 continuous, 3 takeover. */
export type RegistrationMode = 0 | 1 | 2 | 3

export type UpstreamTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** The push attributes that a provisioning system sets on an account. */
export interface AccountAttributes {
	/** Master switch: while false nothing is held and no credential is opened. */
	readonly pushEnabled: boolean
	readonly registrationMode: RegistrationMode
	/** Behave as behind a NAT router: private address in Via and Contact. */
	readonly natEmulation: boolean
	/** Seconds between refreshes, which is also the Expires asked for. */
	readonly registrationRefreshSeconds: number
	/** Answer 180 at once, before the phone wakes. */
	readonly autoSend180: boolean
	/**
	 * Whether the upstream server binds one contact and removes another by one REGISTER, as a whole; found out where absent.
	 * Used by mode 1.
	 */
	readonly contactSwap?: boolean
	/** `host` or `host:port` that only this service uses to reach the upstream server. */
	readonly outboundProxy?: string
}

/** A change of the attributes; absent ones stay, and `null` removes what may be absent. */
export type AttributesChange = Partial<Omit<AccountAttributes, 'outboundProxy' | 'contactSwap'>> & {
	readonly outboundProxy?: string | null
	readonly contactSwap?: boolean | null
}

export const DEFAULT_ATTRIBUTES: AccountAttributes = {
	pushEnabled: true,
	registrationMode: 0,
	natEmulation: false,
	registrationRefreshSeconds: 600,
	autoSend180: false,
}

/** An address-of-record at an upstream SIP server, without its credential. */
export interface Account {
	readonly id: AccountId
	readonly tenantId: TenantId
	/** User part of the address-of-record. */
	readonly username: string
	/** Domain of the address-of-record: host, or host:port as provisioned. */
	readonly domain: string
	/** Digest user name where it differs from `username`. */
	readonly authUsername?: string
	readonly displayName?: string
	readonly transport: UpstreamTransport
	/** Path of the URL where the server takes WebSocket connections; `/` when absent. */
	readonly webSocketPath?: string
	readonly attributes: AccountAttributes
	/** Where INVITEs are taken from; absent where the tenant's setting holds. */
	readonly inviteSource?: InviteSource
	/** Its own limits; absent ones hold as the process says. */
	readonly limits?: StatedAccountLimits
	/** Unguessable user part of our Contact at the upstream server. */
	readonly contactToken: string
	/** Raised when the registration must start anew with another Call-ID. */
	readonly registrationGeneration: number
	/** Rises when the credential is replaced or deleted. */
	readonly credentialVersion: number
	/** Rises with every change of the account or of what its devices state. */
	readonly version: number
	readonly disabled: boolean
	readonly createdAtMs: number
	/** What its SIP server has asked for so far; only where an owner of accounts reads it. */
	readonly authentication?: SeenAuthentication
}

/** The address-of-record as a SIP URI. */
export function addressOfRecord(account: Pick<Account, 'username' | 'domain'>): string {
	return `sip:${account.username}@${account.domain}`
}

/**
 * Whether a user part is the account's Contact token, however a server spells it: escaped (RFC 3261 19.1.4), or in another letter
 * case than we gave it.
 */
export function isContactUser(user: string, { contactToken }: Pick<Account, 'contactToken'>): boolean {
	return unescapeUriPart(user).toLowerCase() === contactToken.toLowerCase()
}

/**
 * What authenticates the account upstream; opened only by the worker that runs it. Either the password, or what was
 * handed in in its place.
 */
export type AccountCredential =
	| { readonly username: string; readonly password: Secret; readonly ha1?: undefined }
	| { readonly username: string; readonly password?: undefined; readonly ha1: Ha1Credential }

/**
 * HA1 by hash algorithm, `H(username:realm:password)` in lower-case hex (RFC 7616 3.4.2, RFC 8760): enough to answer
 * challenges of this realm, and worth nothing elsewhere. At least one hash is there.
 */
export interface Ha1Credential {
	readonly realm: string
	readonly md5?: Secret
	readonly sha256?: Secret
	readonly sha512_256?: Secret
}
