import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
	type CredentialSchedule,
	type CredentialTimes,
	credentialExpiresAtMs,
	credentialSchedule,
	decideCredential,
	silenceToLookAtMs,
	silentSinceMs,
} from './schedule.ts'

const DAY = 86_400_000
const schedule = credentialSchedule(30) as CredentialSchedule

function day(days: number, times: Partial<CredentialTimes> = {}) {
	return decideCredential({ sinceMs: 0, warnedAtMs: [], ...times }, schedule, days * DAY).action
}

describe('the schedule of a credential', () => {
	it('warns a week and a day before, within what there is', () => {
		expect(schedule).toEqual({ inactivityMs: 30 * DAY, warnBeforeMs: [7 * DAY, DAY] })
		expect(credentialSchedule(3)?.warnBeforeMs).toEqual([1.5 * DAY, DAY])
		expect(credentialSchedule(1)?.warnBeforeMs).toEqual([0.5 * DAY, 0.5 * DAY])
		expect(credentialSchedule(0)).toBeUndefined()
	})

	it('keeps, warns twice, and deletes', () => {
		expect(day(22.9)).toBe('keep')
		expect(day(23)).toBe('warn')
		expect(day(24, { warnedAtMs: [23 * DAY] })).toBe('keep')
		expect(day(29, { warnedAtMs: [23 * DAY] })).toBe('warn')
		expect(day(29.9, { warnedAtMs: [23 * DAY, 29 * DAY] })).toBe('keep')
		expect(day(30, { warnedAtMs: [23 * DAY, 29 * DAY] })).toBe('delete')
	})

	it('counts from the last contact, or from when the credential was handed in', () => {
		expect(silentSinceMs({ sinceMs: 5, warnedAtMs: [] })).toBe(5)
		expect(silentSinceMs({ sinceMs: 5, lastContactMs: 3, warnedAtMs: [] })).toBe(5)
		expect(silentSinceMs({ sinceMs: 5, lastContactMs: 9, warnedAtMs: [] })).toBe(9)
		expect(day(40, { lastContactMs: 20 * DAY })).toBe('keep')
		expect(day(43, { lastContactMs: 20 * DAY })).toBe('warn')
	})

	it('never deletes without notice, however late it comes', () => {
		const late = decideCredential({ sinceMs: 0, warnedAtMs: [] }, schedule, 100 * DAY)
		expect(late).toEqual({ action: 'warn', expiresAtMs: 101 * DAY })
		expect(day(100.9, { warnedAtMs: [100 * DAY] })).toBe('keep')
		expect(day(101, { warnedAtMs: [100 * DAY] })).toBe('delete')
	})

	it('says when the credential will go', () => {
		expect(credentialExpiresAtMs({ sinceMs: 0, warnedAtMs: [] }, schedule)).toBe(30 * DAY)
		expect(credentialExpiresAtMs({ sinceMs: 0, warnedAtMs: [23 * DAY] }, schedule)).toBe(30 * DAY)
		expect(credentialExpiresAtMs({ sinceMs: 0, warnedAtMs: [50 * DAY] }, schedule)).toBe(51 * DAY)
	})
})

const seed = process.env.VIGIL_TEST_SEED
const parameters = seed === undefined ? {} : { seed: Number(seed) }

/** Runs the job at these instants over one credential; what it did when. */
function play(plan: CredentialSchedule, runs: readonly number[]) {
	const warnedAtMs: number[] = []
	for (const atMs of runs.toSorted((a, b) => a - b)) {
		const { action, expiresAtMs } = decideCredential({ sinceMs: 0, warnedAtMs }, plan, atMs)
		if (action === 'delete') return { warnedAtMs, deletedAtMs: atMs, expiresAtMs }
		if (action === 'warn') warnedAtMs.push(atMs)
	}
	return { warnedAtMs }
}

describe('whenever the job runs', () => {
	const runs = fc.array(fc.integer({ min: 0, max: 400 * DAY }), { maxLength: 60 })
	const days = fc.integer({ min: 1, max: 300 })

	it('nothing is deleted before its day, nor without notice, and nobody is warned more than twice', () => {
		fc.assert(
			fc.property(days, runs, (inactivityDays, instants) => {
				const plan = credentialSchedule(inactivityDays) as CredentialSchedule
				const { warnedAtMs, deletedAtMs } = play(plan, instants)
				expect(warnedAtMs.length).toBeLessThanOrEqual(2)
				if (deletedAtMs === undefined) return
				expect(deletedAtMs).toBeGreaterThanOrEqual(plan.inactivityMs)
				expect(deletedAtMs - (warnedAtMs[0] ?? Number.NaN)).toBeGreaterThanOrEqual(plan.warnBeforeMs[1])
			}),
			parameters,
		)
	})

	it('what needs no look is kept, and what was looked at long enough is deleted', () => {
		fc.assert(
			fc.property(days, fc.integer({ min: 0, max: 400 * DAY }), (inactivityDays, nowMs) => {
				const plan = credentialSchedule(inactivityDays) as CredentialSchedule
				const { action } = decideCredential({ sinceMs: 0, warnedAtMs: [] }, plan, nowMs)
				expect(action).toBe(silenceToLookAtMs(plan, nowMs) >= 0 ? 'warn' : 'keep')
				const hourly = Array.from({ length: 48 + inactivityDays * 24 }, (_, hour) => hour * 3_600_000)
				expect(play(plan, hourly).deletedAtMs).toBe(plan.inactivityMs)
			}),
			{ ...parameters, numRuns: 20 },
		)
	})
})
