/**
 * How a registrar keeps bindings, where servers differ. The defaults are RFC 3261 10.3; every other value is what a server in
 * use was seen to do.
 */
export interface RegistrarWays {
	/** Contacts of one REGISTER: all as a whole (RFC 3261 10.3 step 7), or the first one alone (FreeSWITCH 1.11). */
	readonly processes: 'all' | 'first'
	/** An expiry of 0 ends the binding of its contact, or every binding of the user (FreeSWITCH's default profile). */
	readonly zeroRemoves: 'contact' | 'user'
	/**
	 * What the end of a connection does to the bindings that came by it: nothing, as the contact can be dialled; removes them
	 * (Asterisk with `rewrite_contact`); or strands them: they stay listed, calls to them fail, and the same contact from another
	 * connection is another binding (FreeSWITCH names bindings by `fs_path`).
	 */
	readonly connectionEnd: 'nothing' | 'removes' | 'strands'
	/** The bindings that a 2xx lists: all (step 8), those of the REGISTER, those of others, or none. */
	readonly lists: 'all' | 'own' | 'others' | 'none'
	/** What a REGISTER without Contact is answered with (10.2.3): the list as above, nothing, or 403. */
	readonly query: 'listed' | 'empty' | 'refused'
	/**
	 * How a contact is shown: as it came; with host and port of its source, which it is then also known and called by (Asterisk
	 * with `rewrite_contact`, the first Contact of a REGISTER alone); with its user part in escapes (RFC 3261 19.1.4), called so
	 * too; or under a user part of the server's own (border controllers).
	 */
	readonly shows: 'as-sent' | 'source' | 'escaped-user' | 'own-user'
}

/** A registrar by the book. */
export const BY_THE_BOOK: RegistrarWays = {
	processes: 'all',
	zeroRemoves: 'contact',
	connectionEnd: 'nothing',
	lists: 'all',
	query: 'listed',
	shows: 'as-sent',
}
