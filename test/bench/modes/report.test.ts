import { describe, expect, it } from 'vitest'
import type { ModeFigures } from '../../interop/modes/mode-run.ts'
import { brokenRules, reportOf } from './report.ts'

const NONE = { total: 0, longest: 0, times: 0 }
const GAPS = { total: 60, longest: 40, times: 2 }

const FINE: ModeFigures = {
	calls: { made: ['1', '2'], answered: new Set(['1', '2']), refused: new Map() },
	lost: [],
	rangTwice: [],
	holders: { none: NONE, several: NONE },
	lateUnregisters: [],
	rungInForeground: 1,
	rungByPush: 1,
	registers: 0,
	gapTransactions: 0,
	callOut: undefined,
}
const LOST = { ...FINE, lost: [{ callId: '2', status: 404 }] }

describe('what must not happen in a mode', () => {
	it.each([
		[0, FINE, []],
		[0, LOST, ['mode 0: calls were lost']],
		[0, { ...FINE, holders: { none: NONE, several: GAPS } }, []],
		[1, { ...LOST, gapTransactions: 2, holders: { none: GAPS, several: NONE } }, []],
		[1, { ...FINE, holders: { none: NONE, several: GAPS } }, ['mode 1: there were moments with two bindings']],
		[1, { ...FINE, gapTransactions: 3 }, ['mode 1: a moment without a binding took more than two transactions']],
		[2, { ...FINE, registers: 1 }, ['mode 2: the SIP server heard REGISTERs']],
		[3, { ...FINE, lateUnregisters: [{ atMs: 0, contact: '' }] }, ['mode 3: removals came late']],
	] as const)('mode %i: %#', (mode, figures, broken) => {
		expect(brokenRules(mode, reportOf(mode, figures), false)).toEqual(broken)
	})

	it('mode 1 with the swap: any moment without a binding', () => {
		const gap = { ...FINE, holders: { none: GAPS, several: NONE } }
		expect(brokenRules(1, reportOf(1, gap), true)).toEqual(['mode 1: there were moments without a binding'])
		expect(brokenRules(1, reportOf(1, LOST), true)).toEqual(['mode 1: calls were lost'])
	})
})
