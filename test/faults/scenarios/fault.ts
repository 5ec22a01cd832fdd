/** Stores of a scenario's own, and what is wrong with one of them. */
export interface Fault {
	/** Settings by which the service uses them. */
	readonly settings: Readonly<Record<string, string>>
	/** The fault begins to hold. */
	begin(): Promise<void>
	/** All is well again. */
	heal(): Promise<void>
	/** Ends what was started; the service is stopped by then. */
	close(): Promise<void>
}

/** The fault cannot be made on this machine; the message says why. */
export class CannotMakeFault extends Error {
	override readonly name = 'CannotMakeFault'
}
