import { type JobName, type JobPayload, jobCatalog } from '@vigil/contracts'
import type { Logger } from '@vigil/runtime'
import { PermanentJobError } from './errors.ts'
import type { PayloadCheck } from './payload-check.ts'
import type { JobContext, JobHandler, QueueCounters } from './queue-backend.ts'

/** How a run ended: what throws is run again, unless it failed for good. */
export type RunResult = { readonly kind: 'done' } | { readonly kind: 'again' | 'failed'; readonly error: Error }

export interface RunDependencies {
	readonly check: PayloadCheck
	readonly counters: QueueCounters
	readonly logger: Logger
}

/** Runs the handler on one job as it came from the store. A payload that does not fit is dropped: no run would mend it. */
export async function runJob<Name extends JobName>(
	name: Name,
	handler: JobHandler<Name>,
	data: unknown,
	context: JobContext,
	{ check, counters, logger }: RunDependencies,
): Promise<RunResult> {
	const payload = check.incoming(name, jobCatalog[name].schema, data) as JobPayload<Name> | undefined
	if (payload === undefined) return { kind: 'done' }
	try {
		await handler(payload, context)
		counters.processed++
		return { kind: 'done' }
	} catch (thrown) {
		const error = thrown instanceof Error ? thrown : new Error(String(thrown))
		const isOver = error instanceof PermanentJobError || context.isLastAttempt
		counters.failed++
		logger.warn(
			{ job: name, ...context, error: error.message },
			isOver ? 'job failed for good' : 'job failed, will run again',
		)
		return { kind: isOver ? 'failed' : 'again', error }
	}
}

/** Pause before the run after `attempt`, milliseconds. */
export function pauseAfter(name: JobName, attempt: number): number {
	return jobCatalog[name].backoffMs * 2 ** (attempt - 1)
}
