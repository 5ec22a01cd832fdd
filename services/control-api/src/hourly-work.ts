import type { Clock, TimerHandle } from '@vigil/runtime'

const EVERY_MS = 3_600_000

export interface HourlyWork {
	/** Starts no further run and waits for the one under way. */
	stop(): Promise<void>
}

/**
 * Runs `work` so long after now, in milliseconds, and an hour after each end again. It handles its own failures, and may ask whether it is
 * to end.
 */
export function keepHourly(
	clock: Clock,
	firstAfterMs: number,
	work: (isStopped: () => boolean) => Promise<void>,
): HourlyWork {
	let stopped = false
	let running: Promise<void> = Promise.resolve()
	let timer: TimerHandle = clock.setTimer(firstAfterMs, start)

	function start(): void {
		running = work(() => stopped).then(() => {
			if (!stopped) timer = clock.setTimer(EVERY_MS, start)
		})
	}

	return {
		async stop() {
			stopped = true
			clock.clearTimer(timer)
			await running
		},
	}
}
