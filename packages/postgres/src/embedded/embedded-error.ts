export type EmbeddedPostgresFault =
	| 'no-binary'
	| 'no-place'
	| 'port-taken'
	| 'other-version'
	| 'start-failed'
	| 'not-running'

/** Why the embedded server does not run, in one sentence that a user can act on. */
export class EmbeddedPostgresError extends Error {
	readonly fault: EmbeddedPostgresFault

	constructor(fault: EmbeddedPostgresFault, message: string) {
		super(message)
		this.name = 'EmbeddedPostgresError'
		this.fault = fault
	}
}
