/**
 * Where an INVITE to an account's registered Contact is taken from. `any`: from wherever it comes, as clusters and border controllers call
 * from other addresses than they are registered at. `registrar`: from the addresses of the account's SIP server, the flow that it is
 * registered by, and networks that the tenant names; everybody else hears that the user is unknown.
 */
export type InviteSource = 'any' | 'registrar'

/** What a tenant says of it for all its accounts. */
export interface InviteRules {
	/** Of accounts that say nothing. */
	readonly inviteSource?: InviteSource
	/** Networks that calls may come from besides: an address, or a prefix such as `192.0.2.0/24`. */
	readonly inviteNetworks?: readonly string[]
}
