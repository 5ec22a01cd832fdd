/**
 * What a REGISTER says on our own account, in the order in which it is left out when it may be what is refused: an answer to
 * a challenge that was not asked just then, the parameters of outbound (RFC 5626), a private address (NAT emulation).
 */
export type OwnAddition = 'answers' | 'outbound' | 'nat-address'

/** What a 2xx says of the way that later requests and calls take. */
export interface RegistrationPath {
	/** Service-Route (RFC 3608): the Route set of requests that we originate for this account; as one comma list. */
	readonly serviceRoute?: string
	/** The registrar keeps flows (RFC 5626): it comes back by the connection of the REGISTER, and loses us with it. */
	readonly outbound?: boolean
	/** It does not take outbound (RFC 5626 11.6, status 439, or another refusal): REGISTERs go without its parameters. */
	readonly withoutOutbound?: true
	/** It does not take a private address: REGISTERs give the real one, whatever the account says of NAT emulation. */
	readonly withoutNatEmulation?: true
	/** What was left out once, and is there again with the next refresh to see whether it must. */
	readonly suspected?: readonly OwnAddition[]
}

export const NO_PATH: RegistrationPath = {}
