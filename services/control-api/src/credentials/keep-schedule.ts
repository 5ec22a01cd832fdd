import type { Clock, TimerHandle } from '@vigil/runtime'
import { type CredentialScheduleDeps, runCredentialSchedule } from './run-credential-schedule.ts'

const EVERY_MS = 3_600_000
/** A process that starts has other things to do first. */
const FIRST_AFTER_MS = 60_000

export interface KeptSchedule {
	/** Starts no further run and waits for the one under way. */
	stop(): Promise<void>
}

/** Runs the credential schedule every hour. A run that fails is logged; the next makes up for it. */
export function keepCredentialSchedule(deps: CredentialScheduleDeps & { readonly clock: Clock }): KeptSchedule {
	const { clock, logger } = deps
	let stopped = false
	let running: Promise<void> = Promise.resolve()
	let timer: TimerHandle = clock.setTimer(FIRST_AFTER_MS, start)

	function start(): void {
		running = runOnce().then(() => {
			if (!stopped) timer = clock.setTimer(EVERY_MS, start)
		})
	}

	async function runOnce(): Promise<void> {
		try {
			const { warned, deleted } = await runCredentialSchedule(deps, clock.wall())
			if (warned.length + deleted.length === 0) return
			logger.info({ warned: warned.length, deleted: deleted.length }, 'unused credentials were dealt with')
		} catch (error) {
			logger.warn({ err: error }, 'could not go through unused credentials')
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
