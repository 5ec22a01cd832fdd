import type { Clock, Logger, Metrics } from '@vigil/runtime'
import { type HourlyWork, keepHourly } from '../hourly-work.ts'
import { type RetentionDeps, runRetention } from './run-retention.ts'

/** A process that starts has other things to do first. */
const FIRST_AFTER_MS = 120_000

interface KeepDeps extends RetentionDeps {
	readonly clock: Clock
	readonly logger: Logger
	readonly metrics: Metrics
}

/** Runs retention every hour, and counts what it deletes. A run that fails is logged; the next makes up for it. */
export function keepRetention(deps: KeepDeps): HourlyWork {
	const { clock, logger } = deps
	const deleted = deps.metrics.counter({
		name: 'retention_deleted_total',
		help: 'Rows deleted because they were kept for long enough.',
		labels: ['what'],
	})
	return keepHourly(clock, FIRST_AFTER_MS, async (isStopped) => {
		let before = { calls: 0, events: 0 }
		const onProgress = (now: typeof before) => {
			deleted.add({ what: 'calls' }, now.calls - before.calls)
			deleted.add({ what: 'events' }, now.events - before.events)
			before = now
		}
		try {
			const done = await runRetention(deps, clock.wall(), onProgress, isStopped)
			if (done !== undefined && done.calls + done.events > 0)
				logger.info({ ...done }, 'what was kept for long enough is deleted')
		} catch (error) {
			logger.warn({ err: error }, 'could not delete what was kept for long enough')
		}
	})
}
