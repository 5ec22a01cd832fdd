import { describe, expect, it } from 'vitest'
import { coexistenceConflict, concurrentConflict, conflictWords, hasOverwritten, modeUnder } from './conflict.ts'

describe('what a SIP server shows of the mode that it needs', () => {
	it('is another binding beside ours, where the mode allows one', () => {
		const both = { ours: true, others: 1 }
		expect(([0, 1, 2, 3] as const).map((mode) => concurrentConflict(mode, both))).toEqual([
			undefined,
			'kept',
			undefined,
			'kept',
		])
		expect(concurrentConflict(3, { ours: true, others: 0 })).toBeUndefined()
	})

	/** Bound at 0 for 600 s: the refresh is due at 480 s. */
	const BOUND = {
		phase: 'registered',
		dueAtMs: 480_000,
		boundUntilMs: 600_000,
		spread: 0.5,
		status: { state: 'registered', sinceMs: 0, accountVersion: 1, grantedExpiresSeconds: 600 },
	} as const
	const THEIRS = { ours: false, others: 1 }

	it('is our binding gone while a device has one', () => {
		expect(coexistenceConflict(THEIRS, BOUND, 99)).toBe('overwritten')
		expect(coexistenceConflict({ ours: true, others: 0 }, BOUND, 99)).toBeUndefined()
		expect(coexistenceConflict({ ours: false, others: 0 }, BOUND, 99)).toBeUndefined()
	})

	it('is nothing while our binding may have run out by itself, as its refresh is late', () => {
		expect(coexistenceConflict(THEIRS, BOUND, 480_000)).toBeUndefined()
		expect(coexistenceConflict(THEIRS, { ...BOUND, phase: 'backing-off', dueAtMs: 900_000 }, 100)).toBeUndefined()
	})

	it('is nothing while our binding is to be looked at before its refresh, as after the end of its connection', () => {
		expect(coexistenceConflict(THEIRS, { ...BOUND, dueAtMs: 101_000 }, 100_000)).toBeUndefined()
	})

	it('is only ours, where a device went away with its own', () => {
		const away = { deviceWasBound: true, leaving: true, inUse: false }
		const onlyOurs = { ours: true, others: 0 }
		expect(hasOverwritten(onlyOurs, away)).toBe(true)
		expect(hasOverwritten({ ours: true, others: 1 }, away)).toBe(false)
		// It is back, and what it had may have ended by itself.
		expect(hasOverwritten(onlyOurs, { ...away, inUse: true })).toBe(false)
	})

	it('makes mode 0 yield to the device, and no other mode', () => {
		const under = ([0, 1, 2, 3] as const).map((mode) => modeUnder(mode, 'overwritten'))
		expect(under).toEqual([3, 1, 2, 3])
		expect(modeUnder(0, 'refused')).toBe(0)
	})

	it.each([
		[0, 'refused', 'mode 1 fits'],
		[1, 'refused', 'does not allow'],
		[0, 'overwritten', 'mode 3 fits'],
		[3, 'kept', 'mode 0 fits'],
		[1, 'kept', 'does not allow'],
	] as const)('is told in words: mode %i, %s', (mode, conflict, words) => {
		expect(conflictWords(mode, conflict)).toContain(words)
	})
})
