import type { Clock, Logger, Metrics, TimerHandle } from '@vigil/runtime'
import { type RetentionDeps, runRetention } from './run-retention.ts'

const EVERY_MS = 3_600_000
/** A process that starts has other things to do first. */
const FIRST_AFTER_MS = 120_000

interface KeepDeps extends RetentionDeps {
	readonly clock: Clock
	readonly logger: Logger
	readonly metrics: Metrics
}

/** Runs retention every hour, and counts what it deletes. A run that fails is logged; the next makes up for it. */
export function keepRetention(deps: KeepDeps): { stop(): Promise<void> } {
	const { clock, logger } = deps
	const deleted = deps.metrics.counter({
		name: 'retention_deleted_total',
		help: 'Rows deleted because they were kept for long enough.',
		labels: ['what'],
	})
	let stopped = false
	let running: Promise<void> = Promise.resolve()
	let timer: TimerHandle = clock.setTimer(FIRST_AFTER_MS, start)

	function start(): void {
		running = runOnce().then(() => {
			if (!stopped) timer = clock.setTimer(EVERY_MS, start)
		})
	}

	async function runOnce(): Promise<void> {
		let before = { calls: 0, events: 0 }
		const onProgress = (now: typeof before) => {
			deleted.add({ what: 'calls' }, now.calls - before.calls)
			deleted.add({ what: 'events' }, now.events - before.events)
			before = now
		}
		try {
			const done = await runRetention(deps, clock.wall(), onProgress, () => stopped)
			if (done !== undefined && done.calls + done.events > 0)
				logger.info({ ...done }, 'what was kept for long enough is deleted')
		} catch (error) {
			logger.warn({ err: error }, 'could not delete what was kept for long enough')
		}
	}

	return {
		async stop() {
			stopped = true
			clock.clearTimer(timer)
			await running
		},
	}
}
