import { type HourlyWork, keepHourly } from '../hourly-work.ts'
import { type CredentialScheduleDeps, runCredentialSchedule } from './run-credential-schedule.ts'

/** A process that starts has other things to do first. */
const FIRST_AFTER_MS = 60_000

/** Runs the credential schedule every hour. A run that fails is logged; the next makes up for it. */
export function keepCredentialSchedule(deps: CredentialScheduleDeps): HourlyWork {
	const { clock, logger } = deps
	return keepHourly(clock, FIRST_AFTER_MS, async () => {
		try {
			const { warned, deleted } = await runCredentialSchedule(deps, clock.wall())
			if (warned.length + deleted.length === 0) return
			logger.info({ warned: warned.length, deleted: deleted.length }, 'unused credentials were dealt with')
		} catch (error) {
			logger.warn({ err: error }, 'could not go through unused credentials')
		}
	})
}
