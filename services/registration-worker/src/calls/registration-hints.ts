import type { AccountId } from '@vigil/domain'

/** What requests tell the registration of the account that they are for. */
export interface RegistrationHints {
	/** The server has asked the account's Contact for its options, as one does that watches over its bindings. */
	pinged(id: AccountId): void
	/** A call of the account waits; a registration that rests after a failure of its server should not. */
	callWaits(id: AccountId): void
}
