import { describe, expect, it } from 'vitest'
import { type BindingLimits, type HeldBinding, judgeRegister, type RequestedBinding } from './binding-rules.ts'

const LIMITS: BindingLimits = {
	processes: 'all',
	zeroRemoves: 'contact',
	minExpiresSeconds: 60,
	maxExpiresSeconds: 3600,
	maxBindings: 10,
	whenFull: 'replace',
}

const OLD: HeldBinding = { name: 'old', callId: 'old-call', cseq: 7 }
const SWAP: readonly RequestedBinding[] = [
	{ name: 'new', seconds: 600 },
	{ name: 'old', seconds: 0 },
]

function judge(contacts: readonly RequestedBinding[], limits: Partial<BindingLimits> = {}, held = [OLD]) {
	const verdict = judgeRegister({ callId: 'new-call', cseq: 1, contacts }, held, { ...LIMITS, ...limits })
	return verdict.status === 200 ? verdict.kept.map(({ name }) => name) : verdict.status
}

describe('a REGISTER with one contact to be bound and another to be removed', () => {
	it.each([
		['keeps several', {}],
		['keeps the newest', { maxBindings: 1 }],
		['refuses a second', { maxBindings: 1, whenFull: 'refuse' }],
		['keeps the newest, first contact alone', { maxBindings: 1, processes: 'first' }],
	] as const)('leaves the new one at a server that %s', (_, limits) => {
		expect(judge(SWAP, limits)).toEqual(['new'])
	})

	it('is the same whichever stands first, where all are processed', () => {
		expect(judge(SWAP.toReversed(), { maxBindings: 1, whenFull: 'refuse' })).toEqual(['new'])
	})

	it('leaves both where the first alone is processed and several are kept', () => {
		expect(judge(SWAP, { processes: 'first' })).toEqual(['old', 'new'])
	})

	it('is refused where the first alone is processed and a second is refused', () => {
		expect(judge(SWAP, { processes: 'first', maxBindings: 1, whenFull: 'refuse' })).toBe(403)
	})

	it('leaves nothing where 0 empties the user and stands last, and the new one where it stands first', () => {
		expect(judge(SWAP, { zeroRemoves: 'user' })).toEqual([])
		expect(judge(SWAP.toReversed(), { zeroRemoves: 'user' })).toEqual(['new'])
	})

	it('does nothing where one of them is refused', () => {
		const short: RequestedBinding = { name: 'new', seconds: 59 }
		expect(judge([{ name: 'old', seconds: 0 }, short])).toBe(423)
		const late = judgeRegister({ callId: OLD.callId, cseq: OLD.cseq, contacts: SWAP }, [OLD], LIMITS)
		expect(late).toEqual({ status: 400 })
	})
})

describe('an expiry of 0', () => {
	const TWO = [OLD, { name: 'other', callId: 'c', cseq: 1 }]

	it('ends one binding, or all of the user', () => {
		expect(judge([{ name: 'old', seconds: 0 }], {}, TWO)).toEqual(['other'])
		expect(judge([{ name: 'old', seconds: 0 }], { zeroRemoves: 'user' }, TWO)).toEqual([])
		expect(judge([{ name: 'unknown', seconds: 0 }], { zeroRemoves: 'user' }, TWO)).toEqual([])
	})

	it('is never one too many', () => {
		expect(judge([{ name: 'old', seconds: 0 }], { maxBindings: 1, whenFull: 'refuse' }, TWO)).toEqual(['other'])
	})
})
