/** The invariants of the four registration modes; `Judge` and `World.comeToRest` say exactly when each is judged. */
export type Invariant =
	/** Mode 1: never our binding and a device's at once. */
	| 'one-holder'
	/** Modes 0, 2 and 3: never no binding at all. */
	| 'never-none'
	/** At most one REGISTER of the account is in flight. */
	| 'one-in-flight'
	/** CSeq rises within a Call-ID, through every start of a worker. */
	| 'cseq-rises'
	/** A late answer of an old attempt or query changes nothing. */
	| 'late-answer'
	/** Mode 3: no unregister, ever. */
	| 'no-unregister'
	/** What a device has stated with its highest number is what counts. */
	| 'last-intent'
	/** When things go quiet, who holds is who should, also after a lease has lapsed. */
	| 'comes-to-rest'

export class Violation extends Error {
	override readonly name = 'Violation'
	readonly invariant: Invariant

	constructor(invariant: Invariant, what: string) {
		super(`${invariant}: ${what}`)
		this.invariant = invariant
	}
}
