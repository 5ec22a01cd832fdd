/** How long a credential is kept while no device of its account is heard of. */
export interface CredentialSchedule {
	/** Silence after which it is deleted, milliseconds. */
	readonly inactivityMs: number
	/** How long before that the tenant is warned, milliseconds, the earliest first. The last is also the least notice. */
	readonly warnBeforeMs: readonly [first: number, last: number]
}

/** The times that decide about a stored credential. */
export interface CredentialTimes {
	/** When it was handed in, epoch milliseconds. */
	readonly sinceMs: number
	/** When a device of the account was last heard of, epoch milliseconds; coarse, see `CONTACT_NOTED_EVERY_MS`. */
	readonly lastContactMs?: number
	/** When the tenant was warned of the present silence, epoch milliseconds, oldest first. */
	readonly warnedAtMs: readonly number[]
}

/** What is to be done about a credential now, and when it will be deleted if the silence goes on. */
export interface CredentialDecision {
	readonly action: 'keep' | 'warn' | 'delete'
	readonly expiresAtMs: number
}

const DAY_MS = 86_400_000
const WARN_FIRST_MS = 7 * DAY_MS
const WARN_LAST_MS = DAY_MS

/** A device's contact is written down at most this often; against days of silence that is exact enough. */
export const CONTACT_NOTED_EVERY_MS = 3_600_000

/** The schedule for so many days of silence: warnings a week and a day before. Undefined for 0, which keeps credentials for ever. */
export function credentialSchedule(inactivityDays: number): CredentialSchedule | undefined {
	if (inactivityDays <= 0) return undefined
	const inactivityMs = inactivityDays * DAY_MS
	const half = inactivityMs / 2
	return { inactivityMs, warnBeforeMs: [Math.min(WARN_FIRST_MS, half), Math.min(WARN_LAST_MS, half)] }
}

/** Since when there has been silence: the last contact, or the day the credential was handed in. */
export function silentSinceMs({ sinceMs, lastContactMs }: CredentialTimes): number {
	return Math.max(sinceMs, lastContactMs ?? sinceMs)
}

/** Silence that began at this instant or before needs a look now: a first warning or more is due. */
export function silenceToLookAtMs({ inactivityMs, warnBeforeMs }: CredentialSchedule, nowMs: number): number {
	return nowMs - inactivityMs + warnBeforeMs[0]
}

/**
 * When the credential will be deleted if nothing is heard. A tenant always has the least notice after the first
 * warning, also where the schedule was shortened or the service was away on the day.
 */
export function credentialExpiresAtMs(times: CredentialTimes, schedule: CredentialSchedule): number {
	const byPlan = silentSinceMs(times) + schedule.inactivityMs
	const [firstWarning] = times.warnedAtMs
	return firstWarning === undefined ? byPlan : Math.max(byPlan, firstWarning + schedule.warnBeforeMs[1])
}

/** Decides from times alone: keep the credential, warn its tenant, or delete it. Pure. */
export function decideCredential(
	times: CredentialTimes,
	schedule: CredentialSchedule,
	nowMs: number,
): CredentialDecision {
	const expiresAtMs = credentialExpiresAtMs(times, schedule)
	if (times.warnedAtMs.length > 0 && nowMs >= expiresAtMs) return { action: 'delete', expiresAtMs }
	const due = latestDueWarningMs(times, schedule, nowMs)
	const warned = due === undefined || times.warnedAtMs.some((atMs) => atMs >= due)
	if (warned) return { action: 'keep', expiresAtMs }
	const warnedAtMs = [...times.warnedAtMs, nowMs]
	return { action: 'warn', expiresAtMs: credentialExpiresAtMs({ ...times, warnedAtMs }, schedule) }
}

/** The latest instant, now or before, at which the tenant ought to have been warned. */
function latestDueWarningMs(times: CredentialTimes, schedule: CredentialSchedule, nowMs: number): number | undefined {
	const byPlan = silentSinceMs(times) + schedule.inactivityMs
	return schedule.warnBeforeMs.map((beforeMs) => byPlan - beforeMs).findLast((atMs) => atMs <= nowMs)
}
