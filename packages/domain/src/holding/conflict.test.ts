import { describe, expect, it } from 'vitest'
import { conflictBeside, conflictOfCompany, conflictWords, modeUnder } from './conflict.ts'

describe('what a SIP server shows of the mode that it needs', () => {
	it('is another binding beside ours, where the mode allows one', () => {
		const both = { ours: true, others: 1 }
		expect(([0, 1, 2, 3] as const).map((mode) => conflictBeside(mode, both))).toEqual([
			undefined,
			'kept',
			undefined,
			'kept',
		])
		expect(conflictBeside(3, { ours: true, others: 0 })).toBeUndefined()
	})

	it('is our binding gone while a device has one', () => {
		const bound = { phase: 'registered', dueAtMs: 100 } as const
		expect(conflictOfCompany({ ours: false, others: 1 }, bound, 99)).toBe('overwritten')
		expect(conflictOfCompany({ ours: true, others: 0 }, bound, 99)).toBeUndefined()
		expect(conflictOfCompany({ ours: false, others: 0 }, bound, 99)).toBeUndefined()
	})

	it('is nothing while our binding may have run out by itself, as its refresh is late', () => {
		const theirs = { ours: false, others: 1 }
		expect(conflictOfCompany(theirs, { phase: 'registered', dueAtMs: 100 }, 100)).toBeUndefined()
		expect(conflictOfCompany(theirs, { phase: 'backing-off', dueAtMs: 900 }, 100)).toBeUndefined()
	})

	it('is nothing while it is not certain as what the registrar lists us', () => {
		const seen = { uri: 'sip:reg-1@203.0.113.7', expiresSeconds: 600, seenAtMs: 0 }
		const doubtful = { phase: 'registered', dueAtMs: 100, alias: { ...seen, verdict: 'doubtful' } } as const
		expect(conflictOfCompany({ ours: false, others: 2 }, doubtful, 99)).toBeUndefined()
		const known = { ...doubtful, alias: { ...seen, verdict: 'ours' } } as const
		expect(conflictOfCompany({ ours: false, others: 1 }, known, 99)).toBe('overwritten')
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
