import type { PushAttempt, PushOutcome } from '@vigil/domain'

/** Sends the pushes of one push app over connections of its own. */
export interface AppSender {
	/** Never throws; may take longer than the attempt's deadline, for which the pool cares. */
	send(attempt: PushAttempt): Promise<PushOutcome>
	/** Ends the connections; what is under way may finish. */
	close(): Promise<void>
}

/** A push app whose settings or credential cannot work; the tenant has to mend them. The message names no secret. */
export class UnusablePushAppError extends Error {
	override readonly name = 'UnusablePushAppError'
}
