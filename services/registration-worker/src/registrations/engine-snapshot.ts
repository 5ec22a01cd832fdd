import type { TimerWheel } from '@vigil/runtime'
import type { Pacer } from '../pacing/pacer.ts'
import type { AimedTurns } from './aimed-turns.ts'
import type { FailureCount } from './failure-counts.ts'
import type { RegistrationCounters } from './registration-counters.ts'
import type { AuthenticationChanges, SeenAuthentications } from './seen-authentications.ts'

/** Numbers for metrics; those of what happened are totals since the start. */
export interface EngineSnapshot {
	/** Registrations that wait for their instant. */
	readonly timers: number
	/** On their way to a server, and waiting for their turn. */
	readonly inFlight: number
	readonly waiting: number
	/** Waiting as their SIP servers have accepted no REGISTER of their tenants. */
	readonly parked: number
	readonly authenticationChanges: AuthenticationChanges
	readonly sent: number
	readonly accepted: number
	readonly challenged: number
	readonly failed: readonly Readonly<FailureCount>[]
	/** Upper bound of how late 99 % of the timers were over the last one to two minutes, milliseconds. */
	readonly latenessP99Ms: number
}

export function engineSnapshot(
	wheel: TimerWheel,
	pacer: Pacer,
	{ parked }: Pick<AimedTurns, 'parked'>,
	{ changes }: Pick<SeenAuthentications, 'changes'>,
	counters: RegistrationCounters,
	nowMs: number,
): EngineSnapshot {
	const { sent, accepted, challenged, failed } = counters
	return {
		timers: wheel.size,
		inFlight: pacer.inFlight,
		waiting: pacer.waiting,
		parked,
		authenticationChanges: changes,
		sent,
		accepted,
		challenged,
		failed: failed.all(),
		latenessP99Ms: counters.latenessP99Ms(nowMs),
	}
}
