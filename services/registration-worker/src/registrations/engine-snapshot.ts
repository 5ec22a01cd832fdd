import type { FailureCount } from './failure-counts.ts'

/** Numbers for metrics; those of what happened are totals since the start. */
export interface EngineSnapshot {
	/** Registrations that wait for their instant. */
	readonly timers: number
	/** On their way to a server, and waiting for their turn. */
	readonly inFlight: number
	readonly waiting: number
	readonly sent: number
	readonly accepted: number
	readonly challenged: number
	readonly failed: readonly Readonly<FailureCount>[]
	/** Upper bound of how late 99 % of the timers were over the last one to two minutes, milliseconds. */
	readonly latenessP99Ms: number
}
